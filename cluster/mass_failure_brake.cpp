#include "cluster/mass_failure_brake.hpp"

namespace troupe {

void mass_failure_brake::update(std::size_t alive, std::size_t suspects, bool cut_off, steady_time now) {
  for (auto death = deaths_.begin(); !holding_ && death != deaths_.end();)
    death = now - death->second >= window_ ? deaths_.erase(death) : std::next(death);
  auto lost = suspects + deaths_.size();
  if (lost > lost_)
    last_loss_ = now;
  lost_ = lost;
  auto tipping = 2 * lost >= alive && now - last_loss_ < std::chrono::seconds(1);
  holding_ = cut_off || lost > alive || tipping;
}

} // namespace troupe
