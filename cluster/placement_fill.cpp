#include "cluster/placement_fill.hpp"

#include "cluster/placement_target.hpp"

#include <algorithm>
#include <queue>
#include <tuple>

namespace troupe::placing {

namespace {

/// In one round so many demands have room made for them. It takes a look at every replica of the cluster each time.
constexpr unsigned room_attempts_max = 128;

bool keeps(placement_use use) {
  return use == placement_use::usable || use == placement_use::suspect || use == placement_use::full;
}

void shed_one(placement_board& board, demand_index d) {
  auto zones = board.zone_counts(d);
  auto rank = [&](const spot& at) {
    return std::make_tuple(at.count > 0, !board.usable(at.node), zones[board.index().nodes()[at.node].zone], at.count,
                           board.load(at.node));
  };
  const auto& spots = board.spots(d);
  auto most = std::max_element(spots.begin(), spots.end(), [&](const spot& a, const spot& b) { return rank(a) < rank(b); });
  board.shed(d, most->node);
}

/// Moves one replica of another demand from the node, the smallest that suffices, so that one of this demand fits.
bool make_room_on(placement_board& board, demand_index d, node_index node, std::uint64_t most_free) {
  const auto& demand = board.index().demand(d);
  auto needed = board.count(d, node) == 0 ? lone_bytes(demand) : demand.replica_bytes;
  const auto& others = board.demands_on(node);
  for (auto other = others.rbegin(); other != others.rend(); ++other) {
    if (*other == d || board.index().demand(*other).replica_bytes > most_free
        || board.free_bytes(node) + board.released_by_one(*other, node) < needed)
      continue;
    target_limits limits;
    limits.avoid = node;
    if (auto target = best_place(board, *other, limits))
      return board.move(*other, node, *target, move_reason::room);
  }
  return false;
}

bool place_with_room_made(placement_board& board, demand_index d) {
  const auto& nodes = board.index().nodes();
  std::uint64_t most_free = 0;
  for (zone_index zone = 0; zone < board.index().zones(); ++zone)
    most_free = std::max(most_free, board.most_free(zone));
  for (node_index n = 0; n < nodes.size(); ++n) {
    if (!board.usable(n) || !board.allowed(d, n) || !make_room_on(board, d, n, most_free))
      continue;
    board.add(d, n);
    return true;
  }
  return false;
}

/// True if room was made, so that what was refused before may fit now.
bool place_round(placement_board& board) {
  using turn = std::pair<std::uint64_t, demand_index>; // those with the fewest replicas come first
  std::priority_queue<turn, std::vector<turn>, std::greater<>> queue;
  for (demand_index d = 0; d < board.index().demands(); ++d)
    if (board.missing(d) > 0)
      queue.emplace(board.placed(d), d);
  unsigned attempts = 0;
  bool room_made = false;
  while (!queue.empty()) {
    auto d = queue.top().second;
    queue.pop();
    if (auto node = best_place(board, d))
      board.add(d, *node);
    else if (attempts++ < room_attempts_max && place_with_room_made(board, d))
      room_made = true;
    else
      continue;
    if (board.missing(d) > 0)
      queue.emplace(board.placed(d), d);
  }
  return room_made;
}

} // namespace

void keep_what_may_stay(placement_board& board) {
  const auto& index = board.index();
  // The smallest first: where a node's memory no longer holds all, the fewest move.
  for (auto d = static_cast<demand_index>(index.demands()); d-- > 0;)
    for (const auto& [node, replicas] : index.current(d))
      if (keeps(index.nodes()[node].use) && board.allowed(d, node))
        if (auto fit = board.fitting(d, node, replicas); fit > 0)
          board.keep(d, node, fit);
  board.order_nodes();
  for (demand_index d = 0; d < index.demands(); ++d)
    while (board.placed(d) > index.demand(d).replicas)
      shed_one(board, d);
}

void place_missing(placement_board& board) {
  while (place_round(board)) {
  }
}

void stay_on_draining(placement_board& board) {
  const auto& index = board.index();
  for (demand_index d = 0; d < index.demands(); ++d)
    for (const auto& [node, replicas] : index.current(d)) {
      if (index.nodes()[node].use != placement_use::draining || !board.allowed(d, node))
        continue;
      auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(board.missing(d), replicas));
      if (auto fit = board.fitting(d, node, most); fit > 0)
        board.keep(d, node, fit);
    }
}

} // namespace troupe::placing
