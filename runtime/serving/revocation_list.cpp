#include "runtime/serving/revocation_list.hpp"

#include <algorithm>

namespace troupe {

std::vector<revocation> revocation_list::add(const std::vector<revocation>& more, wall_time now) {
  std::vector<std::string> news;
  std::vector<revocation> all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& each : more) {
      auto& known = by_name_[each.common_name];
      if (each.until > known.until)
        news.push_back(each.common_name);
      known = {each.common_name, std::max(known.until, each.until), std::max(known.expires, each.expires)};
    }
    for (auto one = by_name_.begin(); one != by_name_.end();)
      one = one->second.expires <= now ? by_name_.erase(one) : std::next(one);
    for (const auto& [name, each] : by_name_)
      all.push_back(each);
  }
  std::lock_guard lock(telling_);
  if (hears_)
    for (const auto& each : news)
      hears_(each);
  return all;
}

bool revocation_list::refuses(const std::string& common_name, wall_time given) const {
  std::lock_guard lock(mutex_);
  auto found = by_name_.find(common_name);
  return found != by_name_.end() && given <= found->second.until;
}

void revocation_list::on_revoked(std::function<void(const std::string& common_name)> hears) {
  std::lock_guard lock(telling_);
  hears_ = std::move(hears);
}

} // namespace troupe
