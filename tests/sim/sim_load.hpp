#pragma once

#include "runtime/base/model_spec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe {

/// One request of a row, when it comes and how long it may take.
struct sim_arrival {
  std::chrono::nanoseconds at{0};
  std::chrono::nanoseconds patience{0};
  std::uint64_t priority = 0;
};

/// Independent requests at a steady rate (a Poisson process).
std::vector<sim_arrival> steady_arrivals(std::uint64_t seed, double per_second, std::chrono::nanoseconds span,
                                         std::chrono::nanoseconds patience);
/// Every `interval`, `count` requests within a tenth of it.
std::vector<sim_arrival> bursty_arrivals(std::uint64_t seed, std::size_t count, std::chrono::nanoseconds interval,
                                         std::chrono::nanoseconds span, std::chrono::nanoseconds patience);

struct sim_load_options {
  model_spec spec;
  std::size_t runners = 1;
  /// What a batch takes: fixed + rows * per row, times 1 ± jitter.
  std::chrono::nanoseconds run_fixed{0};
  std::chrono::nanoseconds run_per_row{0};
  double jitter = 0;
  std::chrono::nanoseconds slow_from = std::chrono::hours(1); ///< from then on everything takes `slow_factor` times as long
  double slow_factor = 1;
  std::chrono::nanoseconds hiccup_at = std::chrono::hours(1); ///< the first batch from then on takes `hiccup` more
  std::chrono::nanoseconds hiccup{0};
};

struct load_figures {
  std::uint64_t sent = 0;
  std::uint64_t in_time = 0; ///< answered by the deadline
  std::uint64_t late = 0;    ///< answered after it
  std::uint64_t refused = 0;
  std::uint64_t sent_of_high = 0; ///< of priority 1
  std::uint64_t in_time_of_high = 0;
  std::uint64_t batches = 0;
  std::chrono::nanoseconds p99{0}; ///< of the answered ones, from arrival
  std::chrono::nanoseconds slowest{0};
};

/// A pool with runners of known speed, in simulated time, under recorded arrivals. The same arrivals give the same figures.
class sim_load {
public:
  explicit sim_load(sim_load_options options) : options_(std::move(options)) {}
  load_figures run(const std::vector<sim_arrival>& arrivals) const;

private:
  sim_load_options options_;
};

} // namespace troupe
