#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace troupe {

/// How long the answers took.
struct latency_summary {
  std::uint64_t count = 0;
  std::chrono::nanoseconds p50{0};
  std::chrono::nanoseconds p90{0};
  std::chrono::nanoseconds p99{0};
  std::chrono::nanoseconds p999{0};
  std::chrono::nanoseconds max{0};
};

/// Latencies counted in buckets whose width grows with them, as HdrHistogram does: 57 KiB however many there are. Exact below 256 ns;
/// above that a percentile is never too small, and too large by less than 1/128 (0.8 %). The maximum is exact.
class latency_histogram {
public:
  /// A negative latency counts as 0.
  void record(std::chrono::nanoseconds latency);
  std::uint64_t count() const { return count_; }
  /// By nearest rank: of 990 (99 %) the smallest latency that at least 99 % of them don't exceed. 0 without any.
  std::chrono::nanoseconds permille(std::uint64_t rank) const;
  latency_summary summary() const;

private:
  static constexpr unsigned steps = 128;                                    ///< buckets for each doubling
  static constexpr std::size_t bucket_count = (63 - 8) * steps + 2 * steps; ///< all of 63 bits

  static std::size_t bucket_of(std::uint64_t ns);
  static std::uint64_t last_of(std::size_t bucket);

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

} // namespace troupe
