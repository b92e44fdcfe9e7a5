#include "runtime/gateway/rollout_tally.hpp"

namespace troupe {

void rollout_tally::note(const event& e) {
  bool ended = e.name == "rollout_ended";
  if (!ended && e.name != "deployment_removed")
    return;
  std::string deployment(field(e, "deployment"));
  std::lock_guard lock(mutex_);
  if (!ended) {
    by_deployment_.erase(deployment);
    return;
  }
  auto& count = by_deployment_[deployment];
  ++(field(e, "outcome") == "promoted" ? count.promoted : count.rolled_back);
}

std::map<std::string, rollout_count> rollout_tally::read() const {
  std::lock_guard lock(mutex_);
  return by_deployment_;
}

} // namespace troupe
