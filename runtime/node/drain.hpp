#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/serving/routing_table.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace troupe {

/// Every loop has done what was asked of it before, and what it was in the middle of: answers that were given are on their way. Not on a
/// loop's thread.
void await_a_turn(const std::vector<kj_loop*>& loops);

/// Whether it holds by then: waits for it. Not on a loop's thread.
bool await(const std::function<bool()>& holds, const clock& time, steady_time until);

/// Closes the gate, and returns once every request that was let in before has its answer on the way and `doors_quiet`, too; what is left after
/// `patience` is refused as `unavailable`, and false. Not on a loop's thread.
bool drain(
    drain_gate& gate, const routing_cell& routes, const std::vector<kj_loop*>& loops, const clock& time,
    std::chrono::milliseconds patience, const std::function<bool()>& doors_quiet = [] { return true; });

} // namespace troupe
