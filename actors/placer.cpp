#include "actors/placer.hpp"

#include "actors/placement_same.hpp"

#include <caf/skip.hpp>

#include <algorithm>

namespace troupe {

// -- states -----------------------------------------------------------------------------------------------------------------------

placer_state::behavior_type placer_state::begin(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  node_view own{{node.node_id, node.machine.cores, node.machine.memory_bytes, 0, node.machine.labels, placement_use::usable},
                node.node_name,
                {}};
  ledger_.set_node(std::move(own));
  deliveries_[node.node_id];
  self_->request(node.actors.pools.get(), node.timing.patience, get_report{})
      .then([this](const node_report& report) { self_->send(self_, report); },
            [this](const caf::error& reason) { self_->quit(reason); });
  unheard_.insert(node.node_id);
  first_revision_ = static_cast<std::uint64_t>(node.time.wall_now().time_since_epoch() / std::chrono::microseconds(1));
  ask_users();
  if (node.network == nullptr)
    gather_nodes({});
  return gathering();
}

placer_state::behavior_type placer_state::gathering() {
  return {
      [this](get_status) { return status("gathering"); },
      [](await_ready) { return ready{}; },
      [this](const deployment_demand& demand) { return gather_demand(demand); },
      [this](const drop_demand& ask) -> caf::result<done> {
        ledger_.drop(ask.deployment);
        return done{};
      },
      [this](const retain_demands& ask) { gather_names(ask); },
      [this](const node_report& report) { gather_report(report); },
      [this](const nodes_changed& change) { gather_nodes(change); },
      [this](const user_list& all) { note_users(all); },
      [this](const get_placement& ask) { return on_get(ask); },
      [this](const get_traffic& ask) { return ledger_.traffic_of(ask.deployment); },
      [this](gathered_enough) {
        unheard_.clear();
        begin_if_gathered();
      },
      [](const ask_again&) {},
      [this](ask_users_again) { ask_users(); },
  };
}

placer_state::behavior_type placer_state::placing() {
  return {
      [this](get_status) { return status("placing"); },
      [](await_ready) { return ready{}; },
      [this](const deployment_demand& demand) { return on_demand(demand); },
      [this](const drop_demand& ask) { return on_drop(ask); },
      [this](const retain_demands& ask) { on_retain(ask); },
      [this](const node_report& report) { on_report(report); },
      [this](const nodes_changed& change) { on_nodes(change); },
      [this](const user_list& all) {
        note_users(all);
        compose_all();
      },
      [this](const get_placement& ask) { return on_get(ask); },
      [this](const get_traffic& ask) { return ledger_.traffic_of(ask.deployment); },
      [](gathered_enough) {},
      [this](const ask_again& again) {
        if (auto found = deliveries_.find(again.node_id); found != deliveries_.end())
          send_to(found->first, found->second);
      },
      [this](ask_users_again) { ask_users(); },
  };
}

// -- while it gathers -------------------------------------------------------------------------------------------------------------

/// A leader that doesn't know yet who else is there would have this node run everything.
void placer_state::gather_nodes(const nodes_changed& change) {
  if (!change.nodes.empty())
    set_nodes(change);
  if (!std::exchange(nodes_known_, true))
    self_->delayed_send(self_, node_->timing.gather_patience, gathered_enough{});
  begin_if_gathered();
}

void placer_state::gather_names(const retain_demands& ask) {
  expected_ = ask.deployments;
  begin_if_gathered();
}

caf::result<done> placer_state::gather_demand(const deployment_demand& demand) {
  ledger_.take(demand);
  auto answer = self_->make_response_promise<done>();
  early_.push_back(answer);
  begin_if_gathered();
  return answer;
}

void placer_state::gather_report(const node_report& report) {
  note(report);
  begin_if_gathered();
}

void placer_state::begin_if_gathered() {
  auto told = [this](const std::string& deployment) { return ledger_.has_need(deployment); };
  if (!nodes_known_ || !unheard_.empty() || !expected_ || !std::all_of(expected_->begin(), expected_->end(), told))
    return;
  self_->become(placing());
  tell_beyond_needs();
  replan(); // with what all have told, those too that are new since the names were
  for (auto& answer : std::exchange(early_, {}))
    await_nodes(std::move(answer));
}

// -- what is asked and what happens -------------------------------------------------------------------------------------------------

caf::result<done> placer_state::on_demand(const deployment_demand& demand) {
  ledger_.take(demand);
  replan();
  return answer_when_known();
}

caf::result<done> placer_state::on_drop(const drop_demand& ask) {
  ledger_.drop(ask.deployment);
  replan();
  return answer_when_known();
}

void placer_state::on_retain(const retain_demands& ask) {
  ledger_.retain(ask.deployments);
  replan();
}

void placer_state::on_report(const node_report& report) {
  if (note(report))
    replan();
}

void placer_state::on_nodes(const nodes_changed& change) {
  if (set_nodes(change))
    replan();
}

void placer_state::ask_users() {
  auto registrar = node_->actors.registrar.get();
  if (!registrar)
    return;
  self_->request(registrar, node_->timing.keeper_patience, list_users{})
      .then([this](const user_list& all) { self_->send(self_, all); },
            [this](const caf::error&) { self_->delayed_send(self_, node_->timing.retry_max, ask_users_again{}); });
}

void placer_state::note_users(const user_list& all) {
  revoked_.clear();
  for (const auto& user : all.users)
    if (user.revoked != wall_time())
      revoked_.push_back({common_name_of(user.role, user.name), user.revoked, user.expires});
}

void placer_state::on_taken(const std::string& node_id, const assignment_taken& answer, std::uint64_t revision) {
  auto found = deliveries_.find(node_id);
  if (found == deliveries_.end())
    return;
  auto& sent = found->second;
  sent.asked = false;
  if (answer.taken) {
    sent.silent_since.reset();
    sent.acked = std::max(sent.acked, revision);
    if (ledger_.set_mute(node_id, false))
      replan();
  } else if (answer.by.epoch > node_->lead.get().epoch && node_->follow)
    return step_down(answer.by);
  else
    return on_not_taken(node_id);
  send_to(node_id, sent);
  settle_waiters();
}

/// Somebody else leads since: this node's word no longer counts.
void placer_state::step_down(const leadership& other) {
  if (auto followed = node_->follow(other); !followed)
    node_->events.emit(
        {node_->time.wall_now(), severity::error, "mandate_refused", {{"reason", followed.failure().message}}, "placer"});
}

void placer_state::on_not_taken(const std::string& node_id) {
  auto found = deliveries_.find(node_id);
  if (found == deliveries_.end())
    return;
  found->second.asked = false;
  if (!found->second.silent_since)
    found->second.silent_since = found->second.asked_at;
  if (is_mute(found->second) && ledger_.set_mute(node_id, true))
    replan();
  self_->delayed_send(self_, node_->timing.retry_base, ask_again{node_id});
  settle_waiters();
}

/// Of its own node it tells what is so just now.
caf::result<placement_view> placer_state::on_get(const get_placement& ask) {
  auto answer = self_->make_response_promise<placement_view>();
  self_->request(node_->actors.pools.get(), node_->timing.patience, get_report{})
      .then([this, answer, ask](const node_report& own) mutable { answer.deliver(ledger_.view_of(ask.deployment, own)); },
            [this, answer, ask](const caf::error&) mutable { answer.deliver(ledger_.view_of(ask.deployment, {})); });
  return answer;
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

bool placer_state::note(const node_report& report) {
  auto noted = ledger_.note(report);
  if (!noted.taken)
    return false;
  auto& sent = deliveries_.at(report.node_id);
  if (noted.first) {
    unheard_.erase(report.node_id);
    sent.what.revision = std::max(first_revision_, report.revision); // what an earlier life has sent may come yet
  }
  if (report.epoch != node_->lead.get().epoch || report.revision < sent.acked) { // it has forgotten what it was told
    sent.acked = 0;
    send_to(report.node_id, sent);
  }
  return noted.news;
}

bool placer_state::set_nodes(const nodes_changed& change) {
  for (const auto& view : change.nodes) {
    bool is_new = deliveries_.try_emplace(view.place.id).second;
    if (view.place.use == placement_use::gone)
      unheard_.erase(view.place.id);
    else if (is_new)
      unheard_.insert(view.place.id);
  }
  bool is_news = ledger_.set_nodes(change.nodes);
  for (auto it = deliveries_.begin(); it != deliveries_.end();)
    it = ledger_.find_node(it->first) != nullptr ? std::next(it) : deliveries_.erase(it);
  return is_news;
}

void placer_state::replan() {
  if (is_replaced())
    return;
  auto leavers = ledger_.last_leaver();
  ledger_.replan();
  tell_shortfalls();
  compose_all();
  let_leavers_go(leavers);
  tell_deployments();
  settle_waiters();
}

void placer_state::let_leavers_go(std::uint64_t from) {
  if (ledger_.last_leaver() == from)
    return;
  await_nodes(false, [this, from, to = ledger_.last_leaver()] {
    ledger_.let_go(from, to);
    compose_all();
  });
}

void placer_state::compose_all() {
  auto all = ledger_.routes();
  for (auto& [id, sent] : deliveries_)
    if (!is_gone(id) && ledger_.has_report(id))
      compose(id, sent, all);
}

void placer_state::compose(const std::string& id, delivery& sent, const std::vector<route_order>& routes) {
  auto orders = ledger_.orders_for(id);
  if (!sent.composed || !same_lists(orders, sent.what.pools) || !same_lists(routes, sent.what.routes)
      || revoked_ != sent.what.revoked) {
    sent.composed = true;
    sent.what = {node_->lead.get(), sent.what.revision + 1, std::move(orders), routes, revoked_};
  }
  send_to(id, sent); // though nothing is new: it may have been gone since it should have had it
}

void placer_state::send_to(const std::string& id, delivery& sent) {
  if (is_replaced() || sent.asked || !sent.composed || sent.acked >= sent.what.revision || is_gone(id))
    return;
  sent.asked = true;
  sent.asked_at = node_->time.now();
  auto own = caf::actor_cast<assignee>(node_->actors.pools.get()); // nobody keeps its handle: it may be another by now
  self_->request(id == node_->node_id ? own : ledger_.find_node(id)->takes, node_->timing.patience, sent.what)
      .then([this, id, revision = sent.what.revision](const assignment_taken& answer) { on_taken(id, answer, revision); },
            [this, id](const caf::error&) { on_not_taken(id); });
}

caf::result<done> placer_state::answer_when_known() {
  auto answer = self_->make_response_promise<done>();
  await_nodes(answer);
  return answer;
}

void placer_state::await_nodes(caf::typed_response_promise<done> answer) {
  await_nodes(true, [answer]() mutable { answer.deliver(done{}); });
}

void placer_state::await_nodes(bool for_silent, std::function<void()> go_on) {
  waiter next{{}, for_silent, std::move(go_on)};
  for (const auto& [id, sent] : deliveries_)
    next.revisions[id] = sent.what.revision;
  waiters_.push_back(std::move(next));
  settle_waiters();
}

/// Nodes that can't be reached just now are not waited for: they go by what they were told last, and hear the rest when they are back.
void placer_state::settle_waiters() {
  auto lacks_it = [this](const std::string& id, std::uint64_t revision, bool for_silent) {
    auto node = ledger_.find_node(id);
    if (node == nullptr || node->place.use == placement_use::gone || node->place.use == placement_use::suspect)
      return false;
    const auto& sent = deliveries_.at(id);
    return sent.acked < revision && (!sent.silent_since || (for_silent && !is_mute(sent)));
  };
  auto waits = [&](const waiter& one) {
    return std::any_of(one.revisions.begin(), one.revisions.end(),
                       [&](const auto& each) { return lacks_it(each.first, each.second, one.for_silent); });
  };
  std::vector<waiter> settled;
  for (auto& each : std::exchange(waiters_, {}))
    (waits(each) ? waiters_ : settled).push_back(std::move(each));
  for (auto& each : settled)
    each.go_on();
}

void placer_state::tell_deployments() {
  std::map<version_key, version_placed> now;
  for (auto& [key, told] : ledger_.states()) {
    auto& [listener, state] = told;
    auto before = told_.find(key);
    if (before == told_.end() || !same(before->second, state))
      self_->send(listener, state);
    now[key] = std::move(state);
  }
  told_ = std::move(now);
}

void placer_state::tell_shortfalls() {
  for (const auto& [key, each] : ledger_.shortfalls())
    if (auto before = shortfalls_.find(key); before == shortfalls_.end() || before->second.advice != each.advice)
      node_->events.emit({node_->time.wall_now(),
                          severity::warn,
                          "replicas_unplaced",
                          {{"deployment", each.version.deployment},
                           {"version", std::to_string(each.version.number)},
                           {"missing", std::to_string(each.missing)},
                           {"reason", each.advice}},
                          "placer"});
  shortfalls_ = ledger_.shortfalls();
}

void placer_state::tell_beyond_needs() {
  for (const auto& [deployment, number] : ledger_.beyond_needs())
    node_->events.emit(
        {node_->time.wall_now(),
         severity::warn,
         "version_unknown",
         {{"deployment", deployment},
          {"version", std::to_string(number)},
          {"reason", "nodes run it, but the leader's state is older and does not have it; it is stopped, deploy it again"}},
         "placer"});
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

bool placer_state::is_gone(const std::string& id) const {
  auto node = ledger_.find_node(id);
  return node == nullptr || node->place.use == placement_use::gone;
}

bool placer_state::is_mute(const delivery& sent) const {
  return sent.silent_since && node_->time.now() - *sent.silent_since >= node_->timing.patience;
}

/// Another node leads, and this one is about to end.
bool placer_state::is_replaced() const {
  return node_->follow && node_->lead.get().leader_id != node_->node_id;
}

actor_status placer_state::status(const char* state) const {
  actor_status own;
  own.kind = "placer";
  own.state = state;
  own.since = since_;
  own.detail = std::to_string(deliveries_.size()) + " nodes, " + std::to_string(ledger_.deployments()) + " deployments";
  return own;
}

placer_state::behavior_type placer(placer_state::self_pointer self, const actor_environment& node) {
  return self->state.begin(node);
}

} // namespace troupe
