#include "runtime/gateway/sweep.hpp"

namespace troupe {

void sweep::enter(member& next) {
  members_.insert(&next);
  if (!ticking_)
    tick_later();
}

void sweep::tick_later() {
  ticking_ = true;
  loop_.keep(loop_.io().provider->getTimer().afterDelay(interval_).then([this] { tick(); }));
}

void sweep::tick() {
  ticking_ = false;
  auto now = loop_.io().provider->getTimer().now();
  for (auto each : members_)
    each->look(now);
  if (!members_.empty())
    tick_later();
}

} // namespace troupe
