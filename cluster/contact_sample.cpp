#include "cluster/contact_sample.hpp"

#include <algorithm>

namespace troupe {

void contact_sample::on_tried(const node_id& id, steady_time now) {
  auto& one = contacts_[id];
  one.last_try = now;
  one.unanswered_since = std::min(one.unanswered_since, now);
}

void contact_sample::on_answered(const node_id& id) {
  auto found = contacts_.find(id);
  if (found != contacts_.end())
    found->second.unanswered_since = steady_time::max();
}

bool contact_sample::mostly_mute(steady_time now) {
  std::size_t mute = 0, heard = 1;
  for (auto one = contacts_.begin(); one != contacts_.end();) {
    if (now - one->second.last_try > window_) {
      one = contacts_.erase(one);
      continue;
    }
    ++(one->second.unanswered_since <= now - patience_ ? mute : heard);
    ++one;
  }
  return mute > heard;
}

bool contact_sample::all_owe() const {
  return std::all_of(contacts_.begin(), contacts_.end(),
                     [](const auto& entry) { return entry.second.unanswered_since != steady_time::max(); });
}

} // namespace troupe
