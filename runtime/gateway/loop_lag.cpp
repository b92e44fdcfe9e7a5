#include "runtime/gateway/loop_lag.hpp"

namespace troupe {

void loop_lag::ask() {
  if (state_->owes.exchange(true))
    return;
  loop_.post([state = state_, &time = time_, asked = time_.now()] {
    state->lags.add(static_cast<std::uint64_t>((time.now() - asked).count()));
    state->owes = false;
  });
}

} // namespace troupe
