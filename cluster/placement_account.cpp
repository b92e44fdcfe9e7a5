#include "cluster/placement_account.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::placing {

namespace {

/// Replicas that come to a node or leave it.
struct change {
  node_index node;
  std::uint32_t replicas;
  move_reason why;
};

struct changes {
  std::vector<change> leave;
  std::vector<change> come;
};

void add_change(std::vector<change>& list, node_index node, std::uint32_t replicas, move_reason why) {
  if (replicas > 0)
    list.push_back({node, replicas, why});
}

/// Why replicas left a node that has `here` of those that ran there.
void add_leaving(std::vector<change>& list, const placement_board& board, demand_index d, const running& was, const spot& here) {
  auto use = board.index().nodes()[was.node].use;
  auto left = was.replicas - here.count;
  if (use == placement_use::gone)
    return add_change(list, was.node, left, move_reason::lost);
  if (use == placement_use::draining)
    return add_change(list, was.node, left, move_reason::drained);
  if (!board.allowed(d, was.node))
    return add_change(list, was.node, left, move_reason::constraint);
  auto gained = here.kept > here.count ? here.kept - here.count : 0;
  auto surplus = std::min(left - gained, here.shed);
  add_change(list, was.node, gained, here.gain);
  add_change(list, was.node, surplus, move_reason::surplus);
  add_change(list, was.node, left - gained - surplus, move_reason::memory);
}

changes changes_of(const placement_board& board, demand_index d) {
  changes found;
  const auto& before = board.index().current(d);
  const auto& after = board.spots(d);
  auto was = before.begin();
  auto is = after.begin();
  while (was != before.end() || is != after.end()) {
    auto node = was == before.end() ? is->node : is == after.end() ? was->node : std::min(was->node, is->node);
    running there{node, 0};
    spot here;
    here.node = node;
    if (was != before.end() && was->node == node)
      there = *was++;
    if (is != after.end() && is->node == node)
      here = *is++;
    if (here.count < there.replicas)
      add_leaving(found.leave, board, d, there, here);
    else
      add_change(found.come, node, here.count - there.replicas, move_reason::wanted);
  }
  return found;
}

/// Joins what leaves with what comes. What is not wanted goes nowhere, so it takes its turn last.
std::vector<placement_move> moves_of(const placement_board& board, demand_index d) {
  auto [all, come] = changes_of(board, d);
  std::vector<change> leave;
  auto is_surplus = [](const change& each) { return each.why == move_reason::surplus; };
  std::remove_copy_if(all.begin(), all.end(), std::back_inserter(leave), is_surplus);
  std::copy_if(all.begin(), all.end(), std::back_inserter(leave), is_surplus);
  const auto& version = board.index().demand(d).version;
  auto name = [&](node_index n) { return std::string(board.index().nodes()[n].id); };
  std::vector<placement_move> moves;
  auto next = come.begin();
  for (auto& from : leave)
    while (from.replicas > 0) {
      if (next == come.end() || from.why == move_reason::surplus) {
        moves.push_back({version, name(from.node), "", std::exchange(from.replicas, 0), from.why});
        break;
      }
      auto count = std::min(from.replicas, next->replicas);
      moves.push_back({version, name(from.node), name(next->node), count, from.why});
      from.replicas -= count;
      next->replicas -= count;
      next += next->replicas == 0 ? 1 : 0;
    }
  for (; next != come.end(); ++next)
    moves.push_back({version, "", name(next->node), next->replicas, move_reason::wanted});
  return moves;
}

void account_demand(const placement_board& board, demand_index d, placement_plan& plan) {
  const auto& version = board.index().demand(d).version;
  placement_shortfall shortfall{version, static_cast<std::uint32_t>(board.missing(d)), 0, false, ""};
  for (const auto& here : board.spots(d)) {
    if (here.count == 0)
      continue;
    const auto& node = board.index().nodes()[here.node];
    plan.target.push_back({version, std::string(node.id), here.count});
    shortfall.staying += node.use == placement_use::draining ? here.count : 0;
  }
  auto moves = moves_of(board, d);
  std::move(moves.begin(), moves.end(), std::back_inserter(plan.moves));
  if (shortfall.missing + shortfall.staying == 0)
    return;
  explain(board, d, shortfall);
  plan.shortfalls.push_back(std::move(shortfall));
}

} // namespace

placement_plan account_of(const placement_board& board) {
  placement_plan plan;
  for (auto d : board.index().by_version())
    account_demand(board, d, plan);
  for (const auto& placed : board.index().unwanted())
    plan.moves.push_back({placed.version, placed.node, "", placed.replicas, move_reason::surplus});
  plan.more = board.more();
  return plan;
}

} // namespace troupe::placing
