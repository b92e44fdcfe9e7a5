#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/model_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe {

/// What the batching decision sees of one waiting request, in queue order.
struct waiting_request {
  std::uint32_t rows = 0;
  bool suspect = false;               ///< was in a batch whose host died: runs alone, so that it can't take others down
  std::uint64_t form = 0;             ///< equal for requests whose inputs agree in everything but the batch dimension
  std::uint64_t bytes = 0;            ///< of all its inputs
  std::chrono::nanoseconds waited{0}; ///< since it arrived
  std::chrono::nanoseconds left{std::chrono::nanoseconds::max()};     ///< until its deadline
  std::chrono::nanoseconds may_wait{std::chrono::nanoseconds::max()}; ///< until its timeout
};

struct batch_limits {
  std::uint32_t rows_max = 0;  ///< the version's max_batch; 0: one request a batch
  std::uint64_t bytes_max = 0; ///< of inputs, what the host's shared memory holds
};

/// How many requests from the front of the queue make the next batch (0 only for an empty queue): work-conserving, in order, as many as
/// fit rows_max and bytes_max, all of one form; a suspect one is always alone.
std::size_t plan_batch(const std::vector<waiting_request>& waiting, const batch_limits& limits);

/// What an idle replica does next: it runs `count` requests from the front now, or (count 0) looks again after `wait`.
struct batch_start {
  std::size_t count = 0;
  std::chrono::nanoseconds wait{0};
};

/// Of the `count` requests that plan_batch gives:
/// - the requests up to the largest preferred size that it reaches, if it reaches one;
/// - all of it, if nothing can be added to it, max_delay is zero, or a request in it has waited for max_delay;
/// - else nothing yet: more may come. No request waits for others longer than half of the time it has besides a run of `run`, or of its timeout:
///   a run may take longer, and a timer is late.
batch_start plan_start(const std::vector<waiting_request>& waiting, std::size_t count, const batch_limits& limits,
                       const batching_spec& wish, std::chrono::nanoseconds run);

/// The rows of the first `count` requests.
std::uint32_t rows_of(const std::vector<waiting_request>& waiting, std::size_t count);
/// Whether one of the first `count` requests can't be answered in time by a batch that takes `run`; zero: not known, so it can.
bool any_is_hopeless(const std::vector<waiting_request>& waiting, std::size_t count, std::chrono::nanoseconds run);

} // namespace troupe
