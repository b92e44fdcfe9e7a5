#include "runtime/cli/latency_histogram.hpp"

#include <algorithm>

namespace troupe {

/// The eight leading bits of a number stay, so that a bucket is less than 1/128 of its values wide.
std::size_t latency_histogram::bucket_of(std::uint64_t ns) {
  if (ns < 2 * steps)
    return ns;
  auto dropped = 64U - 8U - static_cast<unsigned>(__builtin_clzll(ns));
  return dropped * steps + (ns >> dropped);
}

std::uint64_t latency_histogram::last_of(std::size_t bucket) {
  if (bucket < 2 * steps)
    return bucket;
  auto dropped = bucket / steps - 1;
  return ((bucket - dropped * steps + 1) << dropped) - 1;
}

void latency_histogram::record(std::chrono::nanoseconds latency) {
  auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  ++buckets_[bucket_of(ns)];
  ++count_;
  max_ = std::max(max_, ns);
}

std::chrono::nanoseconds latency_histogram::permille(std::uint64_t rank) const {
  auto wanted = (count_ * rank + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; wanted > 0 && i < bucket_count; ++i)
    if ((seen += buckets_[i]) >= wanted)
      return std::chrono::nanoseconds(std::min(last_of(i), max_));
  return std::chrono::nanoseconds(0);
}

latency_summary latency_histogram::summary() const {
  return {count_, permille(500), permille(900), permille(990), permille(999), std::chrono::nanoseconds(max_)};
}

} // namespace troupe
