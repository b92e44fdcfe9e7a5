#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/model_spec.hpp"

#include <cstdint>

namespace troupe {

/// The level, as an index into the spec's queue_levels, of a request that asks for `priority`: 1 is the highest; 0, and a level that there
/// isn't, means the default.
std::size_t level_of(const model_spec& spec, std::uint64_t priority);

/// How long a request may wait that asks for `asked` (0: nothing); zero: up to its deadline. Asking can only make it shorter.
std::chrono::microseconds timeout_of(const queue_level& level, std::chrono::microseconds asked);

/// How long a request that asks for that timeout has until its answer: who gives up at some moment has no use for an answer after it, unless
/// the level lets such requests wait on. Zero: the timeout is no deadline.
std::chrono::microseconds patience_of(const queue_level& level, std::chrono::microseconds asked);

/// What is left to us of the time that a sender gives its request: the sender's clock started before ours, and stops after the answer has
/// travelled back. A 64th is set aside for that, at most 2 ms.
std::chrono::microseconds without_travel(std::chrono::microseconds given);

/// What becomes of a waiting request at some moment.
enum class waiting_fate {
  waits,
  late,      ///< its deadline is over: refused
  timed_out, ///< it waited longer than it may: refused
  delayed,   ///< it waited longer than it may: behind all others from now on
};

waiting_fate fate_of(steady_time now, steady_time deadline, steady_time wait_until, timeout_action action);

/// The queue, as far as a request waits behind it.
struct queue_ahead {
  std::uint64_t rows = 0;     ///< waiting before it
  std::uint64_t requests = 0; ///< likewise
  std::uint64_t runners = 0;
};

/// The least time until the request has its answer: full batches before it, dealt evenly to all runners, each of which takes `run`, and a batch
/// of its own. Zero if nothing waits, no runner is there to go by, or `run` is not known (zero): then nobody is refused.
std::chrono::nanoseconds least_time(const queue_ahead& ahead, std::uint32_t batch_rows_max, std::chrono::nanoseconds run);

} // namespace troupe
