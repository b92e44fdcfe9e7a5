#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/policy/evidence/work_counters.hpp"
#include "runtime/serving/duration_histogram.hpp"
#include "runtime/serving/request.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace troupe {

/// How often something was done, and how long all of it took.
struct timed_count {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};

/// Batches of one size.
struct batch_size_count {
  std::uint32_t rows = 0; ///< 1 for a model without batches
  timed_count compute_input;
  timed_count compute_infer;
  timed_count compute_output;
};

/// What became of a version's requests since its pool was made, as the Open Inference Protocol's statistics count it: the times are sums
/// over requests, so the whole time of a batch counts for each request in it. Trials are left out.
struct pool_statistics {
  timed_count success;          ///< answered with outputs; from arrival to answer
  timed_count fail;             ///< answered with an error; from arrival to answer
  timed_count cache_hit;        ///< look-ups that found an answer; its request isn't in what follows
  timed_count cache_miss;       ///< look-ups that found none
  timed_count queue;            ///< of the answered ones: from arrival until the batch was made
  timed_count compute_input;    ///< until the inputs lay in the host's memory
  timed_count compute_infer;    ///< from doorbell to doorbell
  timed_count compute_output;   ///< reading and answering
  std::uint64_t inferences = 0; ///< rows answered; a request of a model without batches counts as one
  std::uint64_t executions = 0; ///< calls of the model that gave outputs
  std::optional<wall_time> last_inference;
  std::vector<batch_size_count> batch_sizes; ///< those that there were, ascending
  /// Requests answered with outputs, by how long they took from arrival until their outputs were there.
  duration_counts latency;
  std::array<std::uint64_t, error_code_count> failures{}; ///< by error code; the sum is fail.count
};

/// Counts without a lock: relaxed atomics, each exact by itself. A snapshot taken meanwhile may have a request in one figure and not yet in
/// another. Thread-safe.
class statistics_counter {
public:
  explicit statistics_counter(std::uint32_t batch_rows_max);

  /// A batch has its outputs since `done`; to be called before its requests are answered, so that who has an answer is counted.
  void add_answers(const batch& work, steady_time done);
  /// The requests of a batch of so many rows have been answered, which took that long.
  void add_answering(std::size_t requests, std::uint32_t rows, std::chrono::nanoseconds took);
  /// A request's answer was looked for in the cache; if it was found, the request is about to be answered with it.
  void add_look_up(const inference_request& request, bool hit, steady_time begun, steady_time now);
  /// A request is about to be answered with an error.
  void add_failure(const inference_request& request, error_code why, steady_time now);

  std::uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }
  /// Answered with an error. What was cancelled had nobody to answer.
  std::uint64_t failed() const;
  pool_statistics read(const clock& time) const;
  /// What its requests cost.
  work_counters work() const;

private:
  using counter = std::atomic<std::uint64_t>;
  struct size_class {
    counter runs{0};
    counter input_ns{0};
    counter infer_ns{0};
    counter output_ns{0};
  };

  size_class& of_rows(std::uint32_t rows);

  counter answered_{0};
  counter answered_ns_{0};
  counter failed_{0};
  counter failed_ns_{0};
  counter queue_ns_{0};
  counter input_ns_{0};
  counter infer_ns_{0};
  counter output_ns_{0};
  counter hits_{0};
  counter hits_ns_{0};
  counter misses_{0};
  counter misses_ns_{0};
  std::atomic<steady_time::rep> last_{0}; ///< 0: none yet
  const std::uint32_t rows_max_;
  std::unique_ptr<size_class[]> sizes_; ///< [rows - 1]
  duration_histogram latency_;
  std::array<counter, error_code_count> failures_{};
};

} // namespace troupe
