#include "actors/leader_proxy.hpp"

#include "runtime/base/units.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// For an answer that needs no more than a synced write on the leader.
constexpr auto command_patience = 10s;
/// For one that waits for something to happen, or for a file to come here: whoever asks has a patience of its own.
constexpr auto waiting_patience = 24h;

std::shared_ptr<peer_status> leader_status(const actor_environment& node) {
  return node.network->peers.find(node.lead.get().leader_id);
}

/// What whoever asked is told: what is unavailable here is the leader.
error away(const actor_environment& node) {
  if (auto refusal = node.lead.refusal(); !refusal.empty())
    return {error_code::unavailable, "the cluster turns this node away, so it can change nothing: " + refusal};
  auto leader = leader_status(node);
  auto heard = node.lead.heard();
  auto last = heard ? "last heard of " + human_duration(node.time.now() - *heard) + " ago"
                    : std::string("not heard of since this node started");
  return {error_code::unavailable,
          "the leader, " + leader->name() + " (" + leader->address() + "), is away, " + last
              + ": requests are served, but nothing can be changed until it is back; if it is lost for good, let another node "
                "lead with `troupe restore DIR --lead`"};
}

/// The leader's failure, as whoever asked is told of it. One that has frozen may have the question before it, and do it once it goes on.
error told_as(const actor_environment& node, const error& why) {
  if (why.code == error_code::permission_denied && !node.lead.refusal().empty())
    return away(node);
  auto leader = leader_status(node);
  if (why.code == error_code::deadline_exceeded)
    return {why.code,
            "the leader, " + leader->name()
                + ", has not answered: it may have done what was asked for, or do so once it is back; look before asking again"};
  if (why.code != error_code::unavailable)
    return why;
  if (!leader->usable())
    return away(node);
  return {error_code::unavailable, "the leader, " + leader->name() + ", can't answer just now: " + why.message};
}

/// Asks the leader; `told` hears the result<Answer> within the actor, at once if it is away.
template <class Answer, class Self, class Told>
void ask_leader_then(Self* self, const actor_environment& node, peer_question what, std::chrono::milliseconds patience,
                     Told told) {
  auto leader = leader_status(node);
  if (!leader->usable())
    return told(result<Answer>(away(node)));
  peer_address whom{leader->node_id(), leader->address()};
  ask_then(self, *node.network, whom, std::move(what), patience,
           [&node, whom, told = std::move(told)](result<peer_answer> outcome) mutable {
             auto answer = answer_in<Answer>(std::move(outcome));
             if (answer)
               node.lead.note_heard(whom.node_id, node.time.now());
             told(answer ? std::move(answer) : result<Answer>(told_as(node, answer.failure())));
           });
}

template <class Answer>
void deliver(caf::typed_response_promise<Answer>& to, result<Answer> told) {
  if (told)
    to.deliver(std::move(*told));
  else
    to.deliver(make_error(told.failure().code, told.failure().message));
}

template <class Answer, class Self>
caf::result<Answer> ask_leader(Self* self, const actor_environment& node, peer_question what,
                               std::chrono::milliseconds patience = command_patience) {
  auto answer = self->template make_response_promise<Answer>();
  ask_leader_then<Answer>(self, node, std::move(what), patience,
                          [answer](result<Answer> told) mutable { deliver(answer, std::move(told)); });
  return answer;
}

/// Whether the leader said nothing to the question.
bool is_silence(const error& why) {
  return why.code == error_code::unavailable || why.code == error_code::deadline_exceeded;
}

/// What an assignment tells of the deployments: which versions requests go to, and how many replicas of them there are.
std::vector<deployment_view> deployments_in(const assignment& kept) {
  std::vector<deployment_view> all;
  for (const auto& route : kept.routes) {
    deployment_view view;
    view.record.name = route.deployment;
    view.record.current_version = view.record.last_version = route.live.version;
    for (const auto& share : route.live.shares)
      view.record.wanted_replicas += share.replicas;
    if (route.live.version != 0) {
      version_view version;
      version.record.id = {route.deployment, route.live.version};
      version.record.model_toml = route.live.model_toml;
      version.record.state = version_state::live;
      version.serves = true;
      version.pool.id = version.record.id;
      view.versions.push_back(std::move(version));
    }
    all.push_back(std::move(view));
  }
  return all;
}

actor_status status_of(const actor_environment& node, const char* kind, steady_time since) {
  auto leader = leader_status(node);
  actor_status own;
  own.kind = kind;
  own.state = "handing on";
  own.since = since;
  own.detail = "leader " + leader->name() + (leader->usable() ? "" : ", which is away");
  return own;
}

caf::error not_here(const char* what) {
  return make_error(error_code::failed_precondition, std::string("only the leader ") + what);
}

void tell_report(placer_proxy_state::self_pointer self, const actor_environment& node) {
  auto& state = self->state;
  if (state.telling || !state.next)
    return;
  state.telling = true;
  auto report = std::move(*state.next);
  state.next.reset();
  ask_leader_then<done>(self, node, std::move(report), command_patience, [self, &node](const result<done>& told) {
    self->state.telling = false;
    if (told)
      tell_report(self, node); // else the next report is soon enough
  });
}

} // namespace

// -- catalog ------------------------------------------------------------------------------------------------------------------------

catalog_proxy_state::behavior_type catalog_proxy_state::begin(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  self_->send(self_, look_at_leader{});
  return handing_on();
}

catalog_proxy_state::behavior_type catalog_proxy_state::handing_on() {
  const auto& node = *node_;
  return {
      [this](get_status) { return status_of(*node_, "catalog_proxy", since_); },
      [](await_ready) { return ready{}; },
      [this, &node](const deploy& what) { return ask_leader<deployed>(self_, node, what, waiting_patience); },
      [this, &node](const scale& what) { return ask_leader<done>(self_, node, what); },
      [this, &node](const undeploy& what) { return ask_leader<done>(self_, node, what); },
      [this, &node](const await_version& what) { return ask_leader<done>(self_, node, what, waiting_patience); },
      [this, &node](const rollback& what) { return ask_leader<deployed>(self_, node, what); },
      [this, &node](const steer_rollout& what) { return ask_leader<done>(self_, node, what); },
      [this, &node](const watch_version& what) { return ask_leader<version_progress>(self_, node, what, waiting_patience); },
      [this, &node](const validate_model& what) { return ask_leader<validation>(self_, node, what, waiting_patience); },
      [this](const list_deployments& what) { return on_list(what); },
      [](const child_up&) {},
      [](const child_down&) {},
      [](run_here& here) { here.task(); },
      [this](look_at_leader) { look(); },
  };
}

caf::result<deployment_list> catalog_proxy_state::on_list(const list_deployments& ask) {
  auto answer = self_->make_response_promise<deployment_list>();
  auto tell = [this, answer, ask](result<deployment_list> told) mutable {
    if (told && ask.name.empty())
      told_ = {told->deployments, node_->time.now(), false};
    if (!told && is_silence(told.failure()))
      tell_last_known(ask.name, told.failure(), answer);
    else
      deliver(answer, std::move(told));
  };
  ask_leader_then<deployment_list>(self_, *node_, ask, command_patience, std::move(tell));
  return answer;
}

void catalog_proxy_state::tell_last_known(const std::string& name, const error& why,
                                          caf::typed_response_promise<deployment_list> answer) {
  auto tell = [this, name, why, answer]() mutable {
    auto known = last_known(name, why);
    if (known && known->kept)
      tell_kept(std::move(*known), answer);
    else
      deliver(answer, std::move(known));
  };
  if (told_)
    return tell();
  self_->request(node_->actors.keeper.get(), node_->timing.keeper_patience, load_assignment{})
      .then(
          [this, tell](const kept_assignment& kept) mutable {
            if (kept.what && !told_)
              told_ = {deployments_in(*kept.what), since_, true};
            tell();
          },
          [tell](const caf::error&) mutable { tell(); });
}

void catalog_proxy_state::tell_kept(deployment_list known, caf::typed_response_promise<deployment_list> answer) {
  self_->request(node_->actors.pools.get(), node_->timing.patience, get_report{})
      .then(
          [this, known, answer](const node_report& own) mutable {
            for (auto& view : known.deployments)
              for (auto& version : view.versions)
                for (const auto& running : own.pools)
                  if (running.status.id == version.record.id)
                    version.pool = running.status;
            for (auto& view : known.deployments)
              for (auto& version : view.versions)
                for (auto& replica : version.pool.replicas)
                  replica.node_name = node_->node_name;
            answer.deliver(std::move(known));
          },
          [known, answer](const caf::error&) mutable { answer.deliver(std::move(known)); });
}

void catalog_proxy_state::look() {
  ask_leader_then<deployment_list>(self_, *node_, list_deployments{}, command_patience,
                                   [this](const result<deployment_list>& told) {
                                     if (told)
                                       told_ = {told->deployments, node_->time.now(), false};
                                     self_->delayed_send(self_, told ? look_interval : look_retry, look_at_leader{});
                                   });
}

result<deployment_list> catalog_proxy_state::last_known(const std::string& name, const error& why) const {
  if (!told_)
    return why;
  deployment_list known;
  known.age = std::max(node_->time.now() - told_->at, std::chrono::nanoseconds(1));
  known.kept = told_->kept;
  for (const auto& each : told_->deployments)
    if (name.empty() || each.record.name == name)
      known.deployments.push_back(each);
  if (!name.empty() && known.deployments.empty())
    return error{error_code::not_found,
                 "deployment '" + name + "' wasn't there " + human_duration(known.age) + " ago; since then " + why.message};
  return known;
}

catalog_proxy_interface::behavior_type catalog_proxy(catalog_proxy_state::self_pointer self, const actor_environment& node) {
  return self->state.begin(node);
}

// -- registrar ----------------------------------------------------------------------------------------------------------------------

registrar_proxy_interface::behavior_type registrar_proxy(registrar_proxy_state::self_pointer self,
                                                         const actor_environment& node) {
  self->state.since = node.time.now();
  return {
      [self, &node](get_status) { return status_of(node, "registrar_proxy", self->state.since); },
      [](await_ready) { return ready{}; },
      [self, &node](const create_token& what) { return ask_leader<token_made>(self, node, what); },
      [self, &node](const list_tokens& what) { return ask_leader<token_list>(self, node, what); },
      [self, &node](const revoke_token& what) { return ask_leader<done>(self, node, what); },
      [self, &node](const list_users& what) { return ask_leader<user_list>(self, node, what); },
      [self, &node](const revoke_user& what) { return ask_leader<done>(self, node, what); },
      [self, &node](const enrol& what) { return ask_leader<enrolled>(self, node, what); },
      [self, &node](const enrol_user& what) { return ask_leader<user_enrolled>(self, node, what); },
      [self, &node](const renew_certificate& what) { return ask_leader<certificate_issued>(self, node, what); },
      [](const list_members&) -> caf::result<member_list> { return not_here("lists members"); },
      [self, &node](const remove_member& what) { return ask_leader<done>(self, node, what); },
      [self, &node](const set_draining& what) { return ask_leader<done>(self, node, what); },
      [self, &node](const update_member& what) { return ask_leader<done>(self, node, what); },
      [](run_here& here) { here.task(); },
  };
}

// -- placer -------------------------------------------------------------------------------------------------------------------------

placer_proxy_interface::behavior_type placer_proxy(placer_proxy_state::self_pointer self, const actor_environment& node) {
  self->state.since = node.time.now();
  // What was told before this actor was there, nobody heard.
  self->request(node.actors.pools.get(), node.timing.patience, get_report{})
      .then([self](const node_report& report) { self->send(self, report); }, [](const caf::error&) {});
  return {
      [self, &node](get_status) { return status_of(node, "placer_proxy", self->state.since); },
      [](await_ready) { return ready{}; },
      [](const deployment_demand&) -> caf::result<done> { return not_here("places replicas"); },
      [](const drop_demand&) -> caf::result<done> { return not_here("places replicas"); },
      [](const retain_demands&) {},
      [self, &node](const node_report& report) {
        self->state.next = report;
        tell_report(self, node);
      },
      [](const nodes_changed&) {},
      [](const user_list&) {},
      [](const get_placement&) -> caf::result<placement_view> { return not_here("places replicas"); },
      [](const get_traffic&) -> caf::result<traffic_view> { return not_here("places replicas"); },
      [](run_here& here) { here.task(); },
  };
}

} // namespace troupe
