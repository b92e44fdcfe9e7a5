#include "actors/membership.hpp"

#include "actors/peer.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace troupe {

namespace {

/// Since it was heard of last.
constexpr std::chrono::seconds twin_told_for{30};
/// Besides the leader, by a node that starts.
constexpr std::size_t others_asked_first = 3;

constexpr const char* comes_and_goes = "suspected and back three times within a minute, which isn't told again for a minute: it "
                                       "reaches others, but they don't reach "
                                       "it at this address, or it is too busy to answer; its own log says more";
constexpr const char* if_removed = "if this node was removed, stop it; it can join again as a new one, with an empty data folder";

/// Higher than in any life before, unless the clock was set back.
std::uint64_t first_incarnation(wall_time now) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

member_news news_of(const member_record& record) {
  member_news news;
  news.id = record.node_id;
  news.name = record.name;
  news.address = record.address;
  news.labels = record.labels;
  news.draining = record.draining;
  return news;
}

placement_use use_of(const member& one) {
  switch (one.news.state) {
  case member_state::alive: return one.news.draining ? placement_use::draining : placement_use::usable;
  case member_state::suspect: return placement_use::suspect;
  case member_state::dead:
  case member_state::left:
  case member_state::removed: break;
  }
  return placement_use::gone;
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

membership_state::behavior_type membership_state::begin(membership_options options) {
  options_.emplace(std::move(options));
  const auto& node = options_->node;
  since_ = node.time.now();
  auto self = options_->self;
  self.incarnation = first_incarnation(node.time.wall_now());
  policy_.emplace(std::move(self), options_->watching, rng(node.seeds.next()), since_);
  for (const auto& record : options_->known)
    if (record.removed)
      policy_->remove(record.node_id, since_);
    else if (record.node_id != node.node_id)
      policy_->admit(news_of(record), since_);
  for (const auto& record : options_->known)
    draining_[record.node_id] = record.draining;
  policy_->tick(since_);
  on_load(); // what others hear first tells them what this node offers
  catch_up();
  return watching();
}

membership_state::behavior_type membership_state::watching() {
  return {
      [this](get_status) { return status(); },
      [](await_ready) { return ready{}; },
      [this](list_nodes) { return list(); },
      [this](const probe& asked) { return on_probe(asked); },
      [this](const ask_help& asked) { return on_ask_help(asked); },
      [this](const exchange_members& told) { return on_exchange(told); },
      [this](const member_changed& change) { on_member_changed(change); },
      [this](leave_cluster) { return on_leave(); },
      [this](const rename_self& ask) {
        policy_->rename(ask.name, options_->node.time.now());
        carry_out();
      },
      [this](look_around) {
        next_look_ = steady_time::max();
        policy_->tick(options_->node.time.now());
        carry_out();
      },
      [this](measure_load) { on_load(); },
      [this](const probe_told& told) { on_probe_told(told); },
      [this](const help_told& told) { on_help_told(told); },
      [this](const members_told& told) { on_members_told(told); },
  };
}

// -- what others ask ----------------------------------------------------------------------------------------------------------------

caf::result<probe_message> membership_state::on_probe(const probe& asked) {
  hear_of_lead(asked.message.lead);
  epochs_[asked.from] = asked.message.lead.epoch;
  options_->node.lead.note_heard(asked.from, options_->node.time.now());
  auto message = asked.message;
  forget_old_removals(asked.from, message.news);
  auto answer = policy_->on_probe(asked.from, message, options_->node.time.now());
  carry_out();
  return with_lead(std::move(answer));
}

caf::result<help_answer> membership_state::on_ask_help(const ask_help& asked) {
  auto answer = self_->make_response_promise<help_answer>();
  helping_[{asked.from, asked.sequence}] = answer;
  policy_->on_help_asked(asked.from, asked.sequence, asked.target, options_->node.time.now());
  carry_out();
  return answer;
}

caf::result<exchange_members> membership_state::on_exchange(const exchange_members& told) {
  merge(told.from, told.members);
  return exchange_members{{}, policy_->everything()};
}

void membership_state::on_member_changed(const member_changed& change) {
  const auto& record = change.record;
  auto now = options_->node.time.now();
  draining_[record.node_id] = record.draining;
  if (record.removed)
    policy_->remove(record.node_id, now);
  else if (policy_->find(record.node_id) == nullptr)
    policy_->admit(news_of(record), now);
  say_who_drains();
  carry_out();
  tell_placer();
}

/// A node that was started again doesn't know it any more, so the leader says it as often as needed.
void membership_state::say_who_drains() {
  if (!leads())
    return;
  for (const auto& [id, drains] : draining_)
    policy_->set_draining(id, drains, options_->node.time.now());
}

bool membership_state::leads() const {
  return options_->node.lead.get().leader_id == options_->node.node_id;
}

/// Answered once those that watch this node know.
caf::result<done> membership_state::on_leave() {
  auto answer = self_->make_response_promise<done>();
  leave_.emplace(farewell{{}, answer});
  policy_->leave(options_->node.time.now());
  leave_->untold = carry_out();
  end_farewell();
  return answer;
}

void membership_state::end_farewell() {
  if (!leave_ || !leave_->untold.empty())
    return;
  leave_->answer.deliver(done{});
  leave_.reset();
}

// -- what is heard ------------------------------------------------------------------------------------------------------------------

void membership_state::on_probe_told(const probe_told& told) {
  auto now = options_->node.time.now();
  if (told.outcome) {
    auto answer = std::get<probe_message>(*told.outcome);
    hear_of_lead(answer.lead);
    epochs_[told.by] = answer.lead.epoch;
    forget_old_removals(told.by, answer.news);
    options_->node.lead.note_heard(told.by, now);
    if (told.by == options_->node.lead.get().leader_id && policy_->self().news.state != member_state::removed)
      options_->node.lead.note_refused("");
    policy_->on_answer(told.sequence, answer, now);
  } else
    on_probe_failed(told);
  carry_out();
  if (leave_)
    leave_->untold.erase(told.sequence);
  end_farewell();
}

void membership_state::on_probe_failed(const probe_told& told) {
  policy_->on_failed(told.sequence, options_->node.time.now());
  if (const auto& why = told.outcome.failure(); why.code == error_code::permission_denied)
    on_refused(why.message);
}

void membership_state::on_refused(const std::string& why) {
  const auto& node = options_->node;
  if (!node.lead.refusal().empty())
    return;
  node.lead.note_refused(why + "; " + if_removed);
  node.events.emit(
      {node.time.wall_now(), severity::error, "node_refused", {{"reason", why}, {"advice", if_removed}}, "membership"});
}

void membership_state::on_help_told(const help_told& told) {
  auto outcome = told.outcome ? std::get<help_answer>(*told.outcome).outcome : help_outcome::not_tried;
  policy_->on_help_answer(told.sequence, told.helper, outcome, options_->node.time.now());
  carry_out();
}

void membership_state::on_members_told(const members_told& told) {
  if (told.outcome)
    merge(told.by, std::get<exchange_members>(*told.outcome).members);
}

void membership_state::merge(const std::string& from, std::vector<member_news> members) {
  forget_old_removals(from, members);
  policy_->merge(members, options_->node.time.now());
  carry_out();
}

/// Who was replaced as leader, or still follows that one, may tell of removals that the cluster's state doesn't know, and that nobody could take back.
void membership_state::forget_old_removals(const std::string& from, std::vector<member_news>& told) const {
  auto known = epochs_.find(from);
  if (known == epochs_.end() || known->second >= options_->node.lead.get().epoch)
    return;
  auto is_removal = [](const member_news& news) { return news.state == member_state::removed; };
  told.erase(std::remove_if(told.begin(), told.end(), is_removal), told.end());
}

void membership_state::on_load() {
  if (options_->own_load)
    policy_->set_own_load(options_->own_load());
  for (const auto& [id, one] : policy_->members())
    tell_board(one); // load comes without a change
  say_who_drains();
  carry_out();
  tell_placer();
  self_->delayed_send(self_, load_interval, measure_load{});
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

std::set<std::uint64_t> membership_state::carry_out() {
  auto plan = policy_->take();
  std::set<std::uint64_t> probes;
  for (auto& each : plan.probes) {
    probes.insert(each.sequence);
    ask(each.to, probe{{}, with_lead(std::move(each.message))},
        [by = each.to, sequence = each.sequence](result<peer_answer> outcome) {
          return probe_told{by, sequence, std::move(outcome)};
        });
  }
  for (auto& each : plan.asks)
    ask(each.helper, ask_help{{}, each.sequence, each.target},
        [helper = each.helper, sequence = each.sequence](result<peer_answer> outcome) {
          return help_told{helper, sequence, std::move(outcome)};
        });
  for (const auto& other : plan.exchanges)
    exchange_with(other);
  for (const auto& each : plan.replies)
    if (auto waiting = helping_.extract({each.asker, each.sequence}); !waiting.empty())
      waiting.mapped().deliver(help_answer{each.outcome});
  for (const auto& change : plan.changes)
    note(change);
  if (!plan.twin.empty())
    note_twin(plan.twin);
  if (plan.contradicted)
    note_contradiction();
  if (!plan.changes.empty() || placer_is_new() || knows_more())
    tell_placer();
  if (auto due = policy_->wakes_at(); due < next_look_) {
    next_look_ = due;
    auto now = options_->node.time.now();
    self_->delayed_send(self_, std::max(std::chrono::nanoseconds(due - now), std::chrono::nanoseconds(0)), look_around{});
  }
  return probes;
}

void membership_state::exchange_with(const std::string& other) {
  ask(other, exchange_members{{}, policy_->everything()},
      [by = other](result<peer_answer> outcome) { return members_told{by, std::move(outcome)}; });
}

/// What has happened since it was here last, who was removed above all, some others tell at once: it must not be heard from who was removed.
void membership_state::catch_up() {
  std::set<std::string> asked{options_->node.lead.get().leader_id};
  for (const auto& [id, one] : policy_->members())
    if (asked.size() <= others_asked_first)
      asked.insert(id);
  asked.erase(options_->node.node_id);
  for (const auto& id : asked)
    exchange_with(id);
}

template <class Told>
void membership_state::ask(const std::string& node_id, peer_question what, Told told) {
  auto other = policy_->find(node_id);
  if (other == nullptr)
    return;
  auto me = caf::actor_cast<caf::actor>(self_);
  options_->node.network->questions.ask(
      {node_id, other->news.address}, std::move(what), patience,
      [me, told](result<peer_answer> outcome) { caf::anon_send(me, told(std::move(outcome))); });
}

/// A mandate travels with every probe: so who leads in a new epoch is known everywhere before it has sent anybody an assignment, and a leader that was
/// replaced while it was away learns of it from the first node that it meets.
void membership_state::hear_of_lead(const leadership& told) {
  const auto& node = options_->node;
  auto own = node.lead.get();
  bool second = told.epoch != 0 && told.epoch == own.epoch && told.leader_id != own.leader_id;
  if (!node.follow || (told.epoch <= own.epoch && !second))
    return;
  auto followed = second ? result<void>(error{error_code::conflict, "two nodes lead in epoch " + std::to_string(own.epoch)
                                                                        + "; stop one, and restore the other with --lead again"})
                         : node.follow(told);
  if (followed || (doubted_.epoch == told.epoch && doubted_.leader_id == told.leader_id))
    return;
  doubted_ = told;
  node.events.emit({node.time.wall_now(),
                    severity::error,
                    "leader_doubted",
                    {{"leader", told.leader_id}, {"epoch", std::to_string(told.epoch)}, {"reason", followed.failure().message}},
                    "membership"});
}

probe_message membership_state::with_lead(probe_message message) const {
  message.lead = options_->node.lead.get();
  return message;
}

void membership_state::note(const member_change& change) {
  if (change.id == options_->node.node_id) {
    if (change.to == member_state::removed)
      on_refused("this node was removed from the cluster");
    return;
  }
  auto found = policy_->find(change.id);
  if (found == nullptr)
    return;
  tell_board(*found);
  auto now = options_->node.time.now();
  switch (change.to) {
  case member_state::alive:
    if (!change.from || *change.from == member_state::left)
      emit(severity::info, "node_here", *found, change.why);
    else if (*change.from == member_state::dead || flaps_.tells_return(change.id, now))
      emit(severity::info, "node_back", *found, change.why);
    return;
  case member_state::suspect:
    switch (flaps_.on_suspected(change.id, now)) {
    case telling::plainly: return emit(severity::warn, "node_suspected", *found, change.why);
    case telling::as_one_of_many: return emit(severity::warn, "node_comes_and_goes", *found, comes_and_goes);
    case telling::not_at_all: return;
    }
    return;
  case member_state::dead:
    options_->node.network->questions.hang_up(change.id); // what it was asked is answered now, and not when patience ends
    return emit(severity::error, "node_dead", *found, change.why);
  case member_state::left: return emit(severity::info, "node_left", *found, change.why);
  case member_state::removed:
    options_->node.network->questions.hang_up(change.id);
    if (change.from) // else it was removed in an earlier life of this node
      emit(severity::warn, "node_removed", *found, change.why);
    return;
  }
}

/// Two nodes of one folder: a copy was started beside the original.
void membership_state::note_twin(const std::string& address) {
  const auto& node = options_->node;
  if (std::exchange(twin_, address) != address)
    node.events.emit({node.time.wall_now(),
                      severity::error,
                      "node_twice",
                      {{"address", address},
                       {"reason", "a node there has this one's id, so it runs of a copy of this data folder; stop one of them"}},
                      "membership"});
  twin_until_ = node.time.now() + twin_told_for;
}

/// Once is nothing: any node is slow at times.
void membership_state::note_contradiction() {
  const auto& node = options_->node;
  auto now = node.time.now();
  if (flaps_.on_suspected(node.node_id, now) != telling::as_one_of_many)
    return;
  suspected_until_ = now + trouble_shown_for;
  emit(severity::warn, "node_doubted", policy_->self(), suspected_by_others());
}

std::string membership_state::suspected_by_others() const {
  return "other nodes suspect this one again and again: either they can't connect to " + policy_->self().news.address
         + ", so open that port for them or say with --advertise where they reach it; or this node is too busy to answer them";
}

void membership_state::tell_board(const member& one) {
  if (one.news.id == options_->node.node_id)
    return;
  options_->node.network->peers.set(
      one.news.id, {one.news.name, one.news.address, one.news.state == member_state::alive,
                    static_cast<std::uint32_t>(std::min<std::uint64_t>(one.news.load.queued_requests, UINT32_MAX)),
                    one.news.state == member_state::removed});
}

void membership_state::tell_placer() {
  const auto& node = options_->node;
  if (!leads())
    return;
  auto placer = node.actors.placer.get();
  if (!placer)
    return;
  silent_.clear();
  nodes_changed change;
  for (const auto& [id, one] : policy_->members())
    if (one.news.state != member_state::removed)
      change.nodes.push_back(view_of(one));
  told_ = placer.address();
  self_->send(placer, std::move(change));
}

bool membership_state::knows_more() const {
  return std::any_of(silent_.begin(), silent_.end(), [this](const std::string& id) {
    auto one = policy_->find(id);
    return one != nullptr && one->news.load.memory_total_bytes != 0;
  });
}

bool membership_state::placer_is_new() const {
  auto placer = options_->node.actors.placer.get();
  return leads() && placer && placer.address() != told_;
}

void membership_state::emit(severity level, const char* event_name, const member& one, const std::string& why) {
  options_->node.events.emit({options_->node.time.wall_now(),
                              level,
                              event_name,
                              {{"node", one.news.name.empty() ? one.news.id : one.news.name},
                               {"id", one.news.id},
                               {"address", one.news.address},
                               {"reason", why}},
                              "membership"});
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

node_view membership_state::view_of(const member& one) {
  const auto& node = options_->node;
  const auto& news = one.news;
  node_view view;
  bool is_self = news.id == node.node_id;
  view.place.id = news.id;
  view.place.cores = std::max(1U, is_self ? node.machine.cores : news.load.cores);
  view.place.memory_bytes = is_self ? node.machine.memory_bytes : news.load.memory_total_bytes;
  view.place.labels = news.labels;
  view.place.use = use_of(one);
  if (news.load.disk_full && view.place.use == placement_use::usable)
    view.place.use = placement_use::full;
  // What it offers isn't known before it has told.
  if (!is_self && news.load.memory_total_bytes == 0 && view.place.use == placement_use::usable) {
    view.place.use = placement_use::suspect;
    silent_.insert(news.id);
  }
  view.name = news.name;
  if (is_self)
    return view;
  auto& stands_for = peers_[news.id];
  if (!stands_for)
    stands_for = self_->spawn<caf::linked>(peer, std::cref(node), news.id);
  view.takes = caf::actor_cast<assignee>(stands_for);
  return view;
}

node_list membership_state::list() const {
  const auto& node = options_->node;
  auto now = node.time.now();
  node_list all;
  all.lead = node.lead.get();
  if (all.lead.leader_id != node.node_id)
    all.state_age = now - std::max(node.lead.heard().value_or(since_), since_);
  all.unheard = all.lead.leader_id != node.node_id && !node.lead.heard();
  for (const auto& [id, one] : policy_->members()) {
    const auto& news = one.news;
    if (news.state == member_state::removed && id != node.node_id)
      continue;
    node_info info;
    info.node_id = id;
    info.name = news.name;
    info.address = news.address;
    info.state = news.state == member_state::alive && news.draining ? "draining" : to_string(news.state);
    info.since = node.time.wall_now() - (now - one.since);
    info.software_version = news.software_version;
    info.labels = news.labels;
    info.leads = id == all.lead.leader_id;
    info.is_self = id == node.node_id;
    info.cores = news.load.cores;
    info.memory_bytes = news.load.memory_total_bytes;
    if (news.state <= member_state::suspect) { // else what it told is long over
      info.cpu_share = news.load.cpu_busy;
      info.memory_free_bytes = news.load.memory_free_bytes;
      info.replicas = news.load.replicas;
      info.round_trip = one.round_trip;
    }
    all.leader_away = all.leader_away || (info.leads && news.state != member_state::alive);
    all.nodes.push_back(std::move(info));
  }
  std::sort(all.nodes.begin(), all.nodes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  all.trouble = trouble();
  return all;
}

std::string membership_state::trouble() const {
  auto lead = options_->node.lead.get();
  if (auto refusal = options_->node.lead.refusal(); !refusal.empty())
    return refusal;
  if (options_->node.time.now() < twin_until_)
    return "a node at " + twin_ + " has the id of " + options_->node.node_name
           + ", so it runs of a copy of its data folder, and neither can be relied on: stop one of them";
  if (policy_->holding())
    return "more than half of the nodes don't answer all at once, so perhaps it is this one that is cut off: none is declared "
           "dead, and nothing "
           "is moved, until half of them are there again, or `troupe remove` says who is gone; look at the network";
  if (options_->node.time.now() < suspected_until_)
    return suspected_by_others();
  auto second = policy_->find(doubted_.leader_id);
  if (doubted_.epoch != lead.epoch || second == nullptr || second->news.state > member_state::suspect)
    return {};
  auto first = policy_->find(lead.leader_id);
  return (first != nullptr ? first->news.name : lead.leader_id) + " and " + second->news.name + " both lead in epoch "
         + std::to_string(lead.epoch)
         + ", and each serves what it was told by its own: stop one of them, and restore the other with `troupe restore DIR "
           "--lead`";
}

actor_status membership_state::status() const {
  auto alive = std::count_if(policy_->members().begin(), policy_->members().end(),
                             [](const auto& each) { return each.second.news.state == member_state::alive; });
  actor_status own;
  own.kind = "membership";
  own.state = policy_->holding() ? "holding" : "watching";
  own.since = since_;
  auto there = std::count_if(policy_->members().begin(), policy_->members().end(),
                             [](const auto& each) { return each.second.news.state != member_state::removed; });
  own.detail = std::to_string(alive) + " of " + std::to_string(there) + " nodes are alive";
  return own;
}

membership_state::behavior_type membership(membership_state::self_pointer self, membership_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
