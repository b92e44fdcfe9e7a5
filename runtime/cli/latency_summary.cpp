#include "runtime/cli/latency_summary.hpp"

#include <algorithm>

namespace troupe {

latency_summary summarize(std::vector<std::chrono::nanoseconds> samples) {
  latency_summary summary;
  if (samples.empty())
    return summary;
  std::sort(samples.begin(), samples.end());
  auto percentile = [&](std::size_t percent) { return samples[(samples.size() * percent + 99) / 100 - 1]; };
  summary.count = samples.size();
  summary.p50 = percentile(50);
  summary.p90 = percentile(90);
  summary.p99 = percentile(99);
  summary.max = samples.back();
  return summary;
}

} // namespace troupe
