#include "cluster/suspicion.hpp"

#include "cluster/probe_rings.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// More than anybody else can have raised an incarnation by before its owner has heard of it, and fewer milliseconds than a node needs to be there again.
constexpr std::uint64_t leaving_step = 16;

} // namespace

suspicion::suspicion(member_news self, const suspicion_options& options, rng random, steady_time now)
  : options_(options), random_(random), table_(std::move(self), now), watches_(options, rng(random_.next())),
    contacts_(options.probe_timeout + options.indirect_timeout, options.dead_after), brake_(options.brake_window),
    last_call_(now), last_tick_(now) {
  last_revived_ = this->self().news.id; // ids are random, so everybody begins elsewhere
  next_revival_ = now + std::chrono::nanoseconds(random_.below(static_cast<std::uint64_t>(options_.revive_interval.count())));
}

// -- time -----------------------------------------------------------------------------------------------------------------------------

void suspicion::tick(steady_time now) {
  notice_time(now);
  if (now - last_tick_ > 2 * options_.probe_interval)
    start_over(now);
  last_tick_ = now;
  watches_.on_tick(now);
  settle(now);
  believe_accusations(now);
  declare_dead(now);
  choose_watched(now);
  send_probes(now);
}

steady_time suspicion::wakes_at() const {
  auto when = std::min({last_tick_ + options_.probe_interval, watches_.wakes_at(), next_revival_});
  for (const auto& [id, one] : accusations_)
    when = std::min(when, one.until);
  if (brake_.holding())
    return when;
  for (const auto& id : watches_.targets())
    if (auto due = watches_.dead_at(id); due && find(id)->news.state == member_state::suspect)
      when = std::min(when, std::max(*due, brake_.settles_at()));
  return when;
}

/// Every call begins with this: a node that was frozen may find old answers, refusals and its tick in its mailbox in any order.
void suspicion::notice_time(steady_time now) {
  if (now - last_call_ > 2 * options_.probe_interval)
    start_over(now);
  last_call_ = now;
}

void suspicion::start_over(steady_time now) {
  watches_.start_over(now);
  contacts_.clear();
  for (auto& [id, one] : accusations_)
    one.until = now + options_.objection_time;
  last_tick_ = now;
}

suspicion_plan suspicion::take() {
  return std::exchange(plan_, {});
}

// -- probes ---------------------------------------------------------------------------------------------------------------------------

probe_message suspicion::on_probe(const node_id& from, const probe_message& message, steady_time now) {
  notice_time(now);
  hear(from, message, now);
  settle(now);
  return message_to(from);
}

void suspicion::on_answer(std::uint64_t sequence, const probe_message& answer, steady_time now) {
  notice_time(now);
  auto round = watches_.on_answer(sequence, now);
  if (!round)
    return;
  contacts_.on_answered(round->target);
  table_.add_round_trip(round->target, now - round->sent);
  hear(round->target, answer, now);
  settle(now);
}

void suspicion::on_failed(std::uint64_t sequence, steady_time now) {
  notice_time(now);
  watches_.on_failed(sequence, now);
  settle(now);
}

void suspicion::on_help_asked(const node_id& asker, std::uint64_t sequence, const node_id& target, steady_time now) {
  notice_time(now);
  auto known = find(target) != nullptr && find(target)->news.state != member_state::removed;
  auto own_sequence = known ? watches_.begin_favour(target, asker, sequence, now) : std::nullopt;
  if (own_sequence)
    plan_.probes.push_back({target, *own_sequence, message_to(target)});
  else
    plan_.replies.push_back({asker, sequence, help_outcome::not_tried});
}

void suspicion::on_help_answer(std::uint64_t sequence, const node_id& helper, help_outcome outcome, steady_time now) {
  notice_time(now);
  if (outcome != help_outcome::not_tried)
    contacts_.on_answered(helper);
  watches_.on_help(sequence, outcome, now);
  settle(now);
}

void suspicion::send_probe(const node_id& to, probe_purpose purpose, steady_time now) {
  plan_.probes.push_back({to, watches_.begin(to, purpose, now), message_to(to)});
}

void suspicion::send_probes(steady_time now) {
  for (const auto& id : watches_.due(now)) {
    contacts_.on_tried(id, now);
    send_probe(id, probe_purpose::watch, now);
  }
  revive_one(now);
}

/// The dead take turns in the order of their ids.
void suspicion::revive_one(steady_time now) {
  if (now < next_revival_)
    return;
  while (next_revival_ <= now)
    next_revival_ += options_.revive_interval;
  if (self().news.state != member_state::alive || table_.count(member_state::dead) == 0)
    return;
  auto is_dead = [](const auto& entry) { return entry.second.news.state == member_state::dead; };
  auto next = std::find_if(members().upper_bound(last_revived_), members().end(), is_dead);
  if (next == members().end())
    next = std::find_if(members().begin(), members().end(), is_dead);
  last_revived_ = next->first;
  send_probe(next->first, probe_purpose::tell, now);
}

void suspicion::ask_helpers(const unanswered_probe& probe, steady_time now) {
  std::vector<const node_id*> others;
  for (const auto& [id, one] : members())
    if (one.news.state == member_state::alive && id != probe.target && id != self().news.id)
      others.push_back(&id);
  auto count = std::min(options_.helpers, others.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(others[i], others[i + random_.below(others.size() - i)]);
    contacts_.on_tried(*others[i], now);
    plan_.asks.push_back({*others[i], probe.target, probe.sequence});
  }
  watches_.ask(probe.sequence, count);
}

// -- verdicts -------------------------------------------------------------------------------------------------------------------------

/// Acts on what the last call found.
void suspicion::settle(steady_time now) {
  auto findings = watches_.take_findings();
  for (const auto& probe : findings.unanswered)
    ask_helpers(probe, now);
  for (const auto& id : findings.silent)
    suspect(id, now);
  plan_.replies.insert(plan_.replies.end(), findings.replies.begin(), findings.replies.end());
  for (auto& change : table_.take_changes())
    note(std::move(change), now);
  brake_.update(table_.count(member_state::alive), table_.count(member_state::suspect), contacts_.mostly_mute(now), now);
}

/// A node that is cut off from all has nothing to tell of them; it catches up on that when it knows better.
void suspicion::suspect(const node_id& id, steady_time now) {
  auto sure = !contacts_.all_owe() && !watches_.doubt().at_most();
  if (table_.judge(id, member_state::suspect, "several probes in a row unanswered, those of others too", now, sure)) {
    if (!sure)
      untold_.insert(id);
  } else if (sure && untold_.erase(id) != 0)
    table_.spread(id);
}

void suspicion::note(member_change change, steady_time now) {
  members_changed_ = true;
  if (change.to == member_state::dead)
    brake_.on_dead(change.id, now);
  else
    brake_.on_not_dead(change.id);
  if (change.to == member_state::alive)
    watches_.absolve(change.id, now);
  if (change.to != member_state::suspect)
    untold_.erase(change.id);
  if (change.to > member_state::suspect)
    contacts_.forget(change.id);
  plan_.changes.push_back(std::move(change));
}

void suspicion::believe_accusations(steady_time now) {
  for (auto one = accusations_.begin(); one != accusations_.end();) {
    if (one->second.until > now) {
      ++one;
      continue;
    }
    table_.adopt(one->second.news, "others say so, and it didn't contradict", now);
    one = accusations_.erase(one);
  }
  settle(now);
}

void suspicion::declare_dead(steady_time now) {
  for (const auto& id : watches_.targets()) {
    auto due = watches_.dead_at(id);
    if (brake_.holding() || brake_.settles_at() > now || !due || *due > now || find(id)->news.state != member_state::suspect)
      continue;
    table_.judge(id, member_state::dead, "no sign of life for too long", now);
    settle(now);
  }
}

void suspicion::choose_watched(steady_time now) {
  if (!std::exchange(members_changed_, false))
    return;
  std::vector<ring_member> living;
  for (const auto& [id, one] : members())
    if (one.news.state <= member_state::suspect)
      living.push_back({id, one.news.state == member_state::suspect});
  std::vector<node_id> targets;
  if (self().news.state == member_state::alive)
    for (auto index : watched_by(self().news.id, living, options_.rings))
      targets.emplace_back(living[index].id);
  watches_.retarget(targets, now);
}

// -- orders ---------------------------------------------------------------------------------------------------------------------------

bool suspicion::admit(const member_news& news, steady_time now) {
  notice_time(now);
  if (auto known = find(news.id); known != nullptr && known->news.state == member_state::removed)
    return false;
  if (news.id == self().news.id)
    hear_of_self(news, now);
  else
    table_.adopt(news, "admitted", now);
  settle(now);
  return true;
}

void suspicion::remove(const node_id& id, steady_time now) {
  notice_time(now);
  auto known = find(id);
  auto news = known != nullptr ? known->news : member_news{};
  news.id = id;
  news.state = member_state::removed;
  if (id == self().news.id)
    hear_of_self(news, now);
  else
    table_.adopt(news, "removed", now);
  settle(now);
}

/// By an incarnation above what the leader may be telling of this member just now (set_draining).
void suspicion::leave(steady_time now) {
  notice_time(now);
  if (self().news.state != member_state::alive)
    return;
  auto news = self().news;
  news.state = member_state::left;
  news.incarnation += leaving_step;
  table_.set_self(std::move(news), "leaves", now);
  for (const auto& id : watches_.targets())
    send_probe(id, probe_purpose::tell, now);
  settle(now);
}

void suspicion::rename(const std::string& name, steady_time now) {
  notice_time(now);
  auto news = self().news;
  news.name = name;
  ++news.incarnation;
  table_.set_self(std::move(news), "", now);
  settle(now);
}

/// By an incarnation that nobody has heard of: the member takes it over, with the next one.
void suspicion::set_draining(const node_id& id, bool draining, steady_time now) {
  notice_time(now);
  auto known = find(id);
  if (known == nullptr || known->news.state != member_state::alive || known->news.draining == draining)
    return;
  auto news = known->news;
  news.draining = draining;
  ++news.incarnation;
  if (id == self().news.id)
    table_.set_self(std::move(news), "", now);
  else
    table_.adopt(news, "", now);
  settle(now);
}

} // namespace troupe
