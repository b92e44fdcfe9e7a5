#pragma once

#include "runtime/base/rng.hpp"

#include <chrono>
#include <cstdint>

namespace troupe {

/// How requests that don't wait for each other come: at random, as from many callers who know nothing of each other, or evenly.
enum class arrivals { poisson, constant };

/// When each request of an open loop should be sent; the same seed gives the same moments.
class arrival_schedule {
public:
  /// `per_second` is more than 0.
  arrival_schedule(arrivals kind, double per_second, std::uint64_t seed) : kind_(kind), rate_(per_second), chance_(seed) {}

  /// The next one, from the beginning of the load; never less than the one before.
  std::chrono::nanoseconds next();

private:
  arrivals kind_;
  double rate_;
  rng chance_;
  std::uint64_t sent_ = 0;
  double seconds_ = 0;
};

} // namespace troupe
