#pragma once

#include "runtime/base/clock.hpp"

#include <cstdint>

namespace troupe {

/// How far a node distrusts its own eyes: the local health of Lifeguard (Dadgar, Phillips & Currey, DSN Workshops 2018). What speaks against the node itself
/// raises the score by one: it ran late, nobody whom it asked for help answered, others suspected it. A probe answered in time, or a second without
/// any of these, lowers it by one. Time-outs are so many times as long as the score says.
class self_doubt {
public:
  static constexpr std::uint32_t score_max = 8; ///< as memberlist's AwarenessMaxMultiplier

  void raise(steady_time now) {
    changed_ = now;
    if (score_ < score_max)
      ++score_;
  }
  void lower(steady_time now) {
    changed_ = now;
    if (score_ > 0)
      --score_;
  }
  /// A second has passed without a reason for doubt.
  void rest(steady_time now) {
    if (score_ > 0 && now - changed_ >= std::chrono::seconds(1))
      lower(now);
  }

  std::uint32_t score() const { return score_; }
  bool at_most() const { return score_ == score_max; }
  std::chrono::nanoseconds stretched(std::chrono::nanoseconds time_out) const { return time_out * (1 + score_); }

private:
  std::uint32_t score_ = 0;
  steady_time changed_{};
};

} // namespace troupe
