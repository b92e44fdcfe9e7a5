#include "cluster/placement_target.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::placing {

namespace {

/// So many of a zone's emptiest nodes are compared by how full they would be: the rest could hardly win, and looking at all would make a
/// plan's cost the product of replicas and nodes.
constexpr unsigned compared_max = 16;

/// No usable node has fewer replicas of the demand than this.
std::uint32_t lowest_count(const placement_board& board, demand_index d) {
  std::size_t usable = 0;
  auto lowest = std::numeric_limits<std::uint32_t>::max();
  for (const auto& each : board.spots(d))
    if (each.count > 0 && board.usable(each.node)) {
      ++usable;
      lowest = std::min(lowest, each.count);
    }
  return usable < board.index().eligible(d).usable ? 0 : lowest;
}

/// The least count of at least `least` among these zones.
std::optional<std::uint32_t> next_level(const std::vector<zone_index>& zones, const std::vector<std::uint32_t>& counts,
                                        std::uint32_t least) {
  std::optional<std::uint32_t> level;
  for (auto zone : zones)
    if (counts[zone] >= least && (!level || counts[zone] < *level))
      level = counts[zone];
  return level;
}

} // namespace

std::optional<node_index> best_target(const placement_board& board, demand_index d, const std::vector<zone_index>& zones,
                                      const target_limits& limits) {
  std::optional<node_index> best;
  std::pair<std::uint32_t, double> best_rank;
  auto lowest = lowest_count(board, d);
  auto least_bytes = board.index().demand(d).replica_bytes;
  for (auto zone : zones) {
    if (board.most_free(zone) < least_bytes)
      continue;
    unsigned looks = 0;
    unsigned compared = 0;
    for (const auto& [load, node] : board.by_load(zone)) {
      if (load >= limits.load_below || compared == compared_max || looks++ == limits.looks_max)
        break;
      if (board.free_bytes(node) < least_bytes)
        continue;
      auto count = board.count(d, node);
      if (count >= limits.count_below || node == limits.avoid || !board.allowed(d, node) || board.fitting(d, node, 1) == 0)
        continue;
      compared += count <= lowest ? 1 : 0;
      auto rank = std::make_pair(count, board.load_with(node, d));
      if (best && best_rank <= rank)
        continue;
      best = node;
      best_rank = rank;
    }
  }
  return best;
}

std::optional<node_index> best_place(const placement_board& board, demand_index d, const target_limits& limits) {
  auto counts = board.zone_counts(d);
  const auto& zones = board.index().eligible(d).zones;
  std::vector<zone_index> equal;
  for (auto level = next_level(zones, counts, 0); level && *level < limits.zone_count_below;
       level = next_level(zones, counts, *level + 1)) {
    equal.clear();
    std::copy_if(zones.begin(), zones.end(), std::back_inserter(equal), [&](zone_index zone) { return counts[zone] == *level; });
    if (auto found = best_target(board, d, equal, limits))
      return found;
  }
  return std::nullopt;
}

} // namespace troupe::placing
