#pragma once

#include "cluster/placement_board.hpp"

namespace troupe::placing {

// Each move of these makes something better and nothing that weighs more worse, so they come to an end, and a plan made of their result finds
// nothing to do.

/// Moves replicas of demands that have at least two more in one zone, or on one node, than elsewhere. True if any moved.
bool spread_out(placement_board& board);

/// Moves replicas from full nodes to empty ones where that costs no spread. True if any moved.
bool balance(placement_board& board);

} // namespace troupe::placing
