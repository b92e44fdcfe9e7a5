#include "cluster/mass_failure_brake.hpp"

namespace troupe {

void mass_failure_brake::update(std::size_t alive, std::size_t suspects, bool cut_off, steady_time now) {
  for (auto death = deaths_.begin(); !holding_ && death != deaths_.end();)
    death = now - death->second >= window_ ? deaths_.erase(death) : std::next(death);
  auto lost = suspects + deaths_.size();
  if (lost > lost_)
    last_loss_ = now;
  lost_ = lost;
  settles_at_ = 3 * lost >= alive && lost > 0 ? last_loss_ + std::chrono::seconds(2) : steady_time::min();
  holding_ = cut_off || lost > alive;
}

} // namespace troupe
