#include "runtime/policy/restart_limits.hpp"

#include <algorithm>

namespace troupe {

bool restart_budget::spend(steady_time now) {
  if (limits_.restarts_max == restart_intensity::unlimited)
    return true;
  while (!spent_.empty() && now - spent_.front() >= limits_.window)
    spent_.pop_front();
  if (spent_.size() >= limits_.restarts_max)
    return false;
  spent_.push_back(now);
  return true;
}

std::chrono::nanoseconds restart_backoff::next(std::chrono::nanoseconds up_for, rng& random) {
  if (up_for >= options_.quiet)
    attempt_ = 0;
  if (++attempt_ == 1)
    return std::chrono::nanoseconds(0);
  auto ceiling = std::min(options_.base, options_.max);
  for (std::uint32_t i = 2; i < attempt_ && ceiling < options_.max; ++i)
    ceiling = ceiling > options_.max / 2 ? options_.max : ceiling * 2;
  return std::chrono::nanoseconds(random.below(static_cast<std::uint64_t>(ceiling.count()) + 1));
}

} // namespace troupe
