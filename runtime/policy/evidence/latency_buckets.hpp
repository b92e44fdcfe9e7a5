#pragma once

#include "runtime/base/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// The buckets of a latency in microseconds: one each up to 127 µs, then 64 to every doubling, so that a bucket is at most 1/64 (1.6 %) wide,
/// up to 2^32 µs (71 minutes); what took longer is in the last. In the manner of HdrHistogram (G. Tene).
inline constexpr unsigned latency_octave_bits = 6;
inline constexpr unsigned latency_top_bit = 32;
inline constexpr std::size_t latency_bucket_count = std::size_t{latency_top_bit - latency_octave_bits + 1} << latency_octave_bits;

/// A request costs this and one increment.
constexpr std::size_t latency_bucket(std::uint64_t us) {
  constexpr std::uint64_t fine = 1ULL << (latency_octave_bits + 1);
  if (us < fine)
    return static_cast<std::size_t>(us);
  if (us >> latency_top_bit != 0)
    return latency_bucket_count - 1;
  auto shift = 63U - static_cast<unsigned>(__builtin_clzll(us)) - latency_octave_bits;
  return (std::size_t{shift} << latency_octave_bits) + static_cast<std::size_t>(us >> shift);
}

/// The largest latency in that bucket.
constexpr std::uint64_t latency_bucket_top_us(std::size_t bucket) {
  constexpr std::size_t octave = 1U << latency_octave_bits;
  if (bucket < 2 * octave)
    return bucket;
  auto shift = static_cast<unsigned>(bucket / octave - 1);
  return ((std::uint64_t{bucket % octave} + octave + 1) << shift) - 1;
}

/// How many requests took how long. Of a fixed size (13 KB), added up over threads and nodes by adding counts, and over a window by subtracting
/// what there was at its beginning.
struct latency_buckets {
  std::array<std::uint64_t, latency_bucket_count> counts{};
  std::uint64_t total = 0;

  void record(std::uint64_t us) {
    ++counts[latency_bucket(us)];
    ++total;
  }
  void add(const latency_buckets& other);
  /// How many took longer than the bucket of `us` reaches.
  std::uint64_t above(std::uint64_t us) const;
  /// The latency that a share `quantile` of the requests did not exceed, rounded up to its bucket's top: too high by at most 1.6 %. Zero:
  /// there are none.
  std::uint64_t quantile_us(double quantile) const;
};

/// From one look to the next of a histogram that only grows. invalid_argument: a count has gone down.
result<latency_buckets> since(const latency_buckets& now, const latency_buckets& before);

} // namespace troupe
