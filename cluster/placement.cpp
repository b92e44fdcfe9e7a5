#include "cluster/placement.hpp"

#include "cluster/placement_account.hpp"
#include "cluster/placement_fill.hpp"
#include "cluster/placement_gains.hpp"

namespace troupe {

namespace {

/// Two or three suffice as a rule: a gain that makes room, or a replica placed there that is worth moving, asks for another.
constexpr unsigned passes_max = 16;

void settle(placing::placement_board& board) {
  for (unsigned pass = 0; pass < passes_max; ++pass) {
    placing::place_missing(board);
    auto moved = placing::spread_out(board);
    if (!placing::balance(board) && !moved)
      return;
  }
  placing::place_missing(board);
  board.leave_more();
}

} // namespace

placement_plan plan_placement(const std::vector<placement_node>& nodes, const std::vector<placement_demand>& demands,
                              const std::vector<placed_replicas>& current, const placement_options& options) {
  placing::placement_index index(nodes, demands, current);
  placing::placement_board board(index, options);
  placing::keep_what_may_stay(board);
  settle(board);
  placing::stay_on_draining(board);
  return placing::account_of(board);
}

const char* to_string(move_reason why) {
  switch (why) {
  case move_reason::wanted: return "wanted";
  case move_reason::surplus: return "surplus";
  case move_reason::lost: return "lost";
  case move_reason::drained: return "drained";
  case move_reason::constraint: return "constraint";
  case move_reason::memory: return "memory";
  case move_reason::spread: return "spread";
  case move_reason::balance: return "balance";
  case move_reason::room: return "room";
  }
  return "unknown";
}

} // namespace troupe
