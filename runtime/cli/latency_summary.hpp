#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace troupe {

/// How long the answers took.
struct latency_summary {
  std::uint64_t count = 0;
  std::chrono::nanoseconds p50{0};
  std::chrono::nanoseconds p90{0};
  std::chrono::nanoseconds p99{0};
  std::chrono::nanoseconds max{0};
};

/// Percentiles by nearest rank: p90 is the smallest sample that at least 90 % of them don't exceed. All zero without samples.
latency_summary summarize(std::vector<std::chrono::nanoseconds> samples);

} // namespace troupe
