#include "cluster/member_table.hpp"

#include "runtime/base/hashes.hpp"

#include <utility>

namespace troupe {
namespace {

std::uint64_t digest_of(const member_news& news) {
  if (news.state == member_state::removed) // at whatever incarnation
    return hash_of(news.id);
  auto state = static_cast<std::uint64_t>(news.state) * 2 + (news.draining ? 1 : 0);
  return mixed(hash_of(news.id) + mixed(news.incarnation * 16 + state));
}

bool has_newer_load(const member_news& told, const member_news& known) {
  return told.incarnation != known.incarnation ? told.incarnation > known.incarnation : told.load.revision > known.load.revision;
}

} // namespace

member_table::member_table(member_news self, steady_time now) {
  auto id = self.id;
  self_ = &members_[id];
  put(*self_, self, "", now, true);
  changes_.clear();
}

const member* member_table::find(const node_id& id) const {
  auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

bool member_table::adopt(const member_news& news, const std::string& why, steady_time now, bool spread) {
  auto found = members_.find(news.id);
  auto is_new = found == members_.end();
  if (!is_new && !supersedes(news, found->second.news)) {
    if (has_newer_load(news, found->second.news))
      found->second.news.load = news.load;
    return false;
  }
  auto& one = is_new ? members_[news.id] : found->second;
  auto newest_load = is_new || has_newer_load(news, one.news) ? news.load : one.news.load;
  put(one, news, why, now, is_new);
  one.news.load = newest_load;
  if (spread)
    queue_.add(news.id);
  return true;
}

bool member_table::judge(const node_id& id, member_state state, const std::string& why, steady_time now, bool spread) {
  auto found = members_.find(id);
  if (found == members_.end())
    return false;
  auto news = found->second.news;
  news.state = state;
  return adopt(news, why, now, spread);
}

void member_table::set_self(member_news news, const std::string& why, steady_time now) {
  put(*self_, news, why, now, false);
  queue_.add(self_->news.id);
}

void member_table::set_own_load(const node_load& load) {
  auto revision = self_->news.load.revision;
  self_->news.load = load;
  self_->news.load.revision = revision + 1;
}

void member_table::add_round_trip(const node_id& id, std::chrono::nanoseconds sample) {
  auto found = members_.find(id);
  if (found == members_.end())
    return;
  auto& mean = found->second.round_trip;
  mean = mean.count() == 0 ? sample : mean + (sample - mean) / 8;
}

std::vector<const member_news*> member_table::news(std::size_t count) {
  std::vector<const member_news*> found;
  auto living = this->count(member_state::alive) + this->count(member_state::suspect);
  for (const auto& id : queue_.next(count, gossip_tellings(living)))
    found.push_back(&members_.at(id).news);
  return found;
}

std::vector<member_change> member_table::take_changes() {
  return std::exchange(changes_, {});
}

void member_table::put(member& one, const member_news& news, const std::string& why, steady_time now, bool is_new) {
  if (!is_new) {
    digest_ ^= digest_of(one.news);
    --counts_[static_cast<std::size_t>(one.news.state)];
  }
  if (is_new || one.news.state != news.state) {
    changes_.push_back({news.id, is_new ? std::nullopt : std::optional(one.news.state), news.state, why});
    one.since = now;
  }
  one.news = news;
  digest_ ^= digest_of(one.news);
  ++counts_[static_cast<std::size_t>(one.news.state)];
}

} // namespace troupe
