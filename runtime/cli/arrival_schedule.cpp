#include "runtime/cli/arrival_schedule.hpp"

#include <cmath>

namespace troupe {

std::chrono::nanoseconds arrival_schedule::next() {
  if (kind_ == arrivals::constant)
    seconds_ = static_cast<double>(sent_++) / rate_; // not a sum, whose error would grow
  else
    seconds_ -= std::log1p(-chance_.unit()) / rate_; // the gaps of a Poisson process are exponential
  return std::chrono::nanoseconds(std::llround(seconds_ * 1e9));
}

} // namespace troupe
