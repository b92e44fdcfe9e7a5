#include "runtime/serving/duration_histogram.hpp"

#include <algorithm>

namespace troupe {

namespace {

std::size_t bucket_of(std::uint64_t ns) {
  auto within = [ns](std::chrono::nanoseconds bound) { return ns <= static_cast<std::uint64_t>(bound.count()); };
  return static_cast<std::size_t>(std::find_if(duration_bounds.begin(), duration_bounds.end(), within) - duration_bounds.begin());
}

} // namespace

void duration_histogram::add(std::uint64_t ns) {
  buckets_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(ns, std::memory_order_relaxed);
}

duration_counts duration_histogram::read() const {
  duration_counts now;
  std::transform(buckets_.begin(), buckets_.end(), now.buckets.begin(),
                 [](const auto& bucket) { return bucket.load(std::memory_order_relaxed); });
  now.sum_ns = sum_ns_.load(std::memory_order_relaxed);
  return now;
}

} // namespace troupe
