#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/rng.hpp"

#include <cstdint>
#include <deque>
#include <limits>

namespace troupe {

/// How many restarts within how long a supervisor puts up with, before it fails itself.
struct restart_intensity {
  static constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max(); ///< a bulkhead: never fails upward

  std::uint32_t restarts_max = 3;
  std::chrono::nanoseconds window = std::chrono::seconds(5);
};

/// Counts restarts against the intensity.
class restart_budget {
public:
  explicit restart_budget(restart_intensity limits) : limits_(limits) {}

  /// One more restart at `now`; false if that is one too many within the window.
  bool spend(steady_time now);

private:
  restart_intensity limits_;
  std::deque<steady_time> spent_; ///< within the window, at most restarts_max
};

struct backoff_options {
  std::chrono::nanoseconds base = std::chrono::milliseconds(100);
  std::chrono::nanoseconds max = std::chrono::seconds(30);
  std::chrono::nanoseconds quiet = std::chrono::seconds(30); ///< a child that was up for so long begins anew
};

/// The delays between one child's restarts: none for the first after a quiet time, then up to base, 2 base, 4 base… max, each drawn
/// uniformly from zero up ("full jitter": M. Brooker, Exponential Backoff And Jitter, AWS 2015).
class restart_backoff {
public:
  explicit restart_backoff(backoff_options options) : options_(options) {}

  /// The delay of the next restart of a child that has died after being up for `up_for` (zero: it never got ready).
  std::chrono::nanoseconds next(std::chrono::nanoseconds up_for, rng& random);
  /// Restarts in a row without a quiet time, the last `next` included.
  std::uint32_t attempt() const { return attempt_; }

private:
  backoff_options options_;
  std::uint32_t attempt_ = 0;
};

} // namespace troupe
