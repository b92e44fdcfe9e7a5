#pragma once

#include "runtime/base/clock.hpp"

#include <array>
#include <cstdint>

namespace troupe {

/// What a version's batches take, by their rows (in classes of powers of two): a mean and a mean deviation that follow what is measured, with
/// the weights of RFC 6298, 1/8 and 1/4. Careful to be no reason for refusing what could be served:
/// - one slow batch counts as twice the mean at most, so that a hiccup changes little;
/// - a class that no batch has confirmed for `valid_for` knows nothing, and begins anew with the next batch, at twice what it was at most: that batch may have
///   waited while the machine stood still;
/// - a class that knows nothing says what the nearest smaller one does, since a larger batch is hardly faster.
class batch_time_estimate {
public:
  static constexpr std::chrono::seconds valid_for{1};

  void add(std::uint32_t rows, std::chrono::nanoseconds took, steady_time now);
  /// Zero: not known.
  std::chrono::nanoseconds mean(std::uint32_t rows, steady_time now) const;
  /// What nearly every batch stays below: the mean and four deviations, as in RFC 6298. Zero: not known.
  std::chrono::nanoseconds upper(std::uint32_t rows, steady_time now) const;

private:
  struct size_class {
    std::chrono::nanoseconds mean{0};
    std::chrono::nanoseconds deviation{0};
    steady_time confirmed{};
    bool known(steady_time now) const { return mean.count() > 0 && now - confirmed <= valid_for; }
  };

  static std::size_t class_of(std::uint32_t rows);
  const size_class* find(std::uint32_t rows, steady_time now) const;

  std::array<size_class, 33> classes_{};
};

} // namespace troupe
