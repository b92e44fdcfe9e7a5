#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace troupe {

/// Upper bounds of the buckets, inclusive; the last bucket has none.
inline constexpr std::array<std::chrono::microseconds, 16> duration_bounds = {std::chrono::microseconds(100),
                                                                              std::chrono::microseconds(250),
                                                                              std::chrono::microseconds(500),
                                                                              std::chrono::microseconds(1'000),
                                                                              std::chrono::microseconds(2'500),
                                                                              std::chrono::microseconds(5'000),
                                                                              std::chrono::microseconds(10'000),
                                                                              std::chrono::microseconds(25'000),
                                                                              std::chrono::microseconds(50'000),
                                                                              std::chrono::microseconds(100'000),
                                                                              std::chrono::microseconds(250'000),
                                                                              std::chrono::microseconds(500'000),
                                                                              std::chrono::seconds(1),
                                                                              std::chrono::microseconds(2'500'000),
                                                                              std::chrono::seconds(5),
                                                                              std::chrono::seconds(10)};

/// What a histogram held.
struct duration_counts {
  std::array<std::uint64_t, duration_bounds.size() + 1> buckets{}; ///< not cumulative
  std::uint64_t sum_ns = 0;
};

/// Counts durations by their size without a lock. Thread-safe.
class duration_histogram {
public:
  void add(std::uint64_t ns);
  duration_counts read() const;

private:
  std::array<std::atomic<std::uint64_t>, duration_bounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

} // namespace troupe
