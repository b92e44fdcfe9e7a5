#pragma once

#include "cluster/placement_board.hpp"

namespace troupe::placing {

/// The finished board as a plan: the target, the moves that lead there, and what found no place.
placement_plan account_of(const placement_board& board);

/// Says why, and what to do: "digits@3 needs 2 GiB on a node for 1 more replica; of 3 nodes 2 lack memory (most free: n2, 1.1 GiB), 1 lacks zone=a; add a node …"
void explain(const placement_board& board, demand_index d, placement_shortfall& shortfall);

} // namespace troupe::placing
