#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// What a version's requests cost: sums that no test judges, for the expressions of a person's own. The numbers go over the wire.
enum class work_kind : std::uint8_t {
  rows = 0,
  batches = 1,
  computed = 2, ///< requests that a model answered
  queue_us = 3, ///< of these
  compute_us = 4,
  cache_hits = 5,
  cache_misses = 6,
};
inline constexpr std::size_t work_kind_count = 7;

/// Counters that only grow.
class work_counters {
public:
  std::uint64_t& operator[](work_kind kind) { return counts[static_cast<std::size_t>(kind)]; }
  std::uint64_t operator[](work_kind kind) const { return counts[static_cast<std::size_t>(kind)]; }

  std::array<std::uint64_t, work_kind_count> counts{};
};

} // namespace troupe
