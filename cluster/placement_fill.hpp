#pragma once

#include "cluster/placement_board.hpp"

namespace troupe::placing {

/// Onto an empty board: what runs on usable and suspect nodes and still fits there stays, but for what is more than wanted.
void keep_what_may_stay(placement_board& board);

/// Finds places for what is missing, as far as there are any; moves a replica of another demand where that makes the room.
void place_missing(placement_board& board);

/// What is still missing stays on draining nodes where it runs.
void stay_on_draining(placement_board& board);

} // namespace troupe::placing
