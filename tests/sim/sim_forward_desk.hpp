#pragma once

#include "tests/sim/sim_forwarder.hpp"
#include "tests/support/sim_loop.hpp"
#include "tests/support/sim_time.hpp"

#include "runtime/serving/routing_table.hpp"

#include <functional>

namespace troupe {

/// Gives another node's requests to this node's pool of that version, and to no other, as a gateway's forward_service does. `told` gets all answers at once.
void serve_forwarded(const routing_cell& routes, sim_loop& loop, const sim_time& time, const version_id& which,
                     const std::vector<sim_forwarded>& requests, std::function<void(sim_forwarder::answers)> told);

} // namespace troupe
