#include "cluster/suspicion.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void suspicion::hear(const node_id& from, const probe_message& message, steady_time now) {
  auto known = find(from);
  auto before = known == nullptr ? member_state::alive : known->news.state;
  if (before == member_state::removed)
    return;
  for (const auto& news : message.news)
    hear_of(news, source::gossip, now);
  known = find(from);
  if (before == member_state::dead && known->news.state == member_state::alive)
    plan_.exchanges.push_back(from); // it is back, and so perhaps is its whole side of the network
  else
    compare_digests(from, message.digest, now);
}

void suspicion::hear_of(const member_news& news, source told, steady_time now) {
  if (news.id == self().news.id)
    return hear_of_self(news, now);
  auto known = find(news.id);
  auto alive = known != nullptr && known->news.state == member_state::alive;
  auto accused = news.state == member_state::dead || (news.state == member_state::suspect && told != source::gossip);
  if (alive && accused && supersedes(news, known->news))
    accuse(news, now);
  else
    table_.adopt(news, "others say so", now, told != source::first_exchange);
}

/// What is said of this node itself: it contradicts, unless it is true. A node that was suspected was perhaps slow. Whether it drains isn't its own to say: of that
/// the higher incarnation tells, which is the leader's.
void suspicion::hear_of_self(const member_news& news, steady_time now) {
  auto own = self().news;
  if (own.state == member_state::removed)
    return;
  if (news.state == member_state::removed) {
    own.state = member_state::removed;
    return table_.set_self(std::move(own), "removed from the cluster", now);
  }
  if (!supersedes(news, own))
    return;
  if (news.state == member_state::alive && !news.address.empty() && news.address != own.address)
    plan_.twin = news.address; // only the member itself says such a thing
  own.draining = news.draining || (own.draining && news.incarnation == own.incarnation);
  own.incarnation = news.incarnation + 1;
  table_.set_self(std::move(own), "", now);
  if (news.state != member_state::suspect && news.state != member_state::dead)
    return;
  watches_.on_accused(now);
  plan_.contradicted = true;
}

/// Others hold a member for lost that we find well: perhaps they were, not it. So that not all of two halves that find each other again are lost to
/// each other for a moment, it hears first what is said.
void suspicion::accuse(const member_news& news, steady_time now) {
  auto found = accusations_.find(news.id);
  if (found != accusations_.end()) {
    if (supersedes(news, found->second.news))
      found->second.news = news;
    return;
  }
  if (accusations_.size() >= options_.accusations_max)
    return;
  accusations_[news.id] = {news, now + options_.objection_time};
  plan_.probes.push_back({news.id, watches_.begin(news.id, probe_purpose::tell, now), message_to(news.id, &news)});
}

/// News ride on probes so often that all hear them, nearly always. What was missed all the same shows here.
void suspicion::compare_digests(const node_id& from, std::uint64_t theirs, steady_time now) {
  if (theirs == digest()) {
    disagreements_.erase(from);
    return;
  }
  auto since = disagreements_.emplace(from, now).first->second;
  if (now - since < options_.disagreement_patience || now < next_exchange_)
    return;
  disagreements_.clear();
  next_exchange_ = now + options_.disagreement_patience;
  plan_.exchanges.push_back(from);
}

/// A member that isn't well in our eyes is told so (Lifeguard's buddy system) and nothing else: news told to the dead are lost, but would count as told.
probe_message suspicion::message_to(const node_id& to, const member_news* accusation) {
  probe_message message;
  message.digest = digest();
  message.news.push_back(self().news);
  auto known = find(to);
  auto unwell = known != nullptr && known->news.state != member_state::alive;
  if (unwell || accusation != nullptr)
    message.news.push_back(accusation != nullptr ? *accusation : known->news);
  if (unwell)
    return message;
  for (const auto* news : table_.news(options_.news_max))
    if (news->id != self().news.id) // what others say of the one that is asked it must hear, too
      message.news.push_back(*news);
  return message;
}

std::vector<member_news> suspicion::everything() const {
  std::vector<member_news> all;
  for (const auto& [id, one] : members())
    all.push_back(one.news);
  return all;
}

void suspicion::merge(const std::vector<member_news>& news, steady_time now) {
  notice_time(now);
  auto told = members().size() > 1 ? source::exchange : source::first_exchange;
  for (const auto& one : news)
    hear_of(one, told, now);
  settle(now);
}

} // namespace troupe
