#pragma once

#include "cluster/placement_board.hpp"

#include <limits>

namespace troupe::placing {

/// Where one more replica of a demand may go.
struct target_limits {
  std::uint32_t zone_count_below = std::numeric_limits<std::uint32_t>::max(); ///< of the demand's replicas in the zone
  std::uint32_t count_below = std::numeric_limits<std::uint32_t>::max();      ///< of the demand's replicas on the node
  double load_below = std::numeric_limits<double>::infinity();                ///< of the node, without it
  std::optional<node_index> avoid;
  unsigned looks_max = std::numeric_limits<unsigned>::max(); ///< so many of a zone's emptiest nodes are looked at
};

/// The usable node of these zones that has the fewest replicas of the demand and, of these, would be least full; none if none has room.
std::optional<node_index> best_target(const placement_board& board, demand_index d, const std::vector<zone_index>& zones,
                                      const target_limits& limits = {});

/// The same over all zones: the zone with the fewest replicas of the demand comes first.
std::optional<node_index> best_place(const placement_board& board, demand_index d, const target_limits& limits = {});

} // namespace troupe::placing
