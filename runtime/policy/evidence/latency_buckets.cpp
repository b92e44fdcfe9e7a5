#include "runtime/policy/evidence/latency_buckets.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe {

void latency_buckets::add(const latency_buckets& other) {
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] += other.counts[i];
  total += other.total;
}

std::uint64_t latency_buckets::above(std::uint64_t us) const {
  auto first = counts.begin() + static_cast<std::ptrdiff_t>(latency_bucket(us)) + 1;
  return std::accumulate(first, counts.end(), std::uint64_t{0});
}

std::uint64_t latency_buckets::quantile_us(double quantile) const {
  if (total == 0)
    return 0;
  auto share = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(total));
  auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(share), 1, total);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < counts.size() && (seen += counts[bucket]) < rank)
    ++bucket;
  return latency_bucket_top_us(bucket);
}

result<latency_buckets> since(const latency_buckets& now, const latency_buckets& before) {
  latency_buckets grown;
  for (std::size_t i = 0; i < grown.counts.size(); ++i) {
    if (now.counts[i] < before.counts[i])
      return error{error_code::invalid_argument, "a latency counter went down: begin anew with what it says now"};
    grown.counts[i] = now.counts[i] - before.counts[i];
    grown.total += grown.counts[i];
  }
  return grown;
}

} // namespace troupe
