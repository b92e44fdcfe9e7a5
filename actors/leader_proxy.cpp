#include "actors/leader_proxy.hpp"

#include <caf/send.hpp>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// For an answer that needs no more than a synced write on the leader.
constexpr auto command_patience = 10s;
/// For one that waits for something to happen: whoever asks has a patience of its own.
constexpr auto waiting_patience = 24h;

peer_address leader_of(const actor_environment& node) {
  auto id = node.lead.get().leader_id;
  return {id, node.network->peers.find(id)->address()};
}

error away(const actor_environment& node, const error& why) {
  if (why.code != error_code::unavailable)
    return why;
  auto leader = node.network->peers.find(node.lead.get().leader_id);
  return {error_code::unavailable, "the leader, " + leader->name() + " (" + leader->address()
                                       + "), can't be reached: what runs goes on; retry, or see `troupe nodes`"};
}

template <class Answer, class Self>
caf::result<Answer> ask_leader(Self* self, const actor_environment& node, peer_question what,
                               std::chrono::milliseconds patience = command_patience) {
  return ask_node<Answer>(self, *node.network, leader_of(node), std::move(what), patience);
}

template <class Self>
actor_status status_of(const Self* self, const actor_environment& node, const char* kind) {
  actor_status own;
  own.kind = kind;
  own.state = "handing on";
  own.since = self->state.since;
  own.detail = "leader " + node.network->peers.find(node.lead.get().leader_id)->name();
  return own;
}

/// The leader's list, or the last one that it told.
caf::result<deployment_list> list(catalog_proxy_state::self_pointer self, const actor_environment& node,
                                  const list_deployments& what) {
  auto answer = self->make_response_promise<deployment_list>();
  ask_then(self, *node.network, leader_of(node), what, command_patience,
           [self, answer, what, &node](result<peer_answer> outcome) mutable {
             auto& told = self->state.told;
             auto now = answer_in<deployment_list>(std::move(outcome));
             if (now) {
               answer.deliver(told[what.name] = std::move(*now));
               return;
             }
             auto known = told.find(what.name);
             auto why = away(node, now.failure());
             if (why.code == error_code::unavailable && known != told.end())
               answer.deliver(known->second);
             else
               answer.deliver(make_error(why.code, why.message));
           });
  return answer;
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
  ask_then(self, *node.network, leader_of(node), std::move(report), command_patience, [self, &node](const result<peer_answer>&) {
    self->state.telling = false;
    tell_report(self, node);
  });
}

} // namespace

catalog_proxy_interface::behavior_type catalog_proxy(catalog_proxy_state::self_pointer self, const actor_environment& node) {
  self->state.since = node.time.now();
  return {
      [self, &node](get_status) { return status_of(self, node, "catalog_proxy"); },
      [](await_ready) { return ready{}; },
      [self, &node](const deploy& what) { return ask_leader<deployed>(self, node, what); },
      [self, &node](const scale& what) { return ask_leader<done>(self, node, what); },
      [self, &node](const undeploy& what) { return ask_leader<done>(self, node, what); },
      [self, &node](const await_version& what) { return ask_leader<done>(self, node, what, waiting_patience); },
      [self, &node](const rollback& what) { return ask_leader<deployed>(self, node, what); },
      [self, &node](const watch_version& what) { return ask_leader<version_progress>(self, node, what, waiting_patience); },
      [self, &node](const validate_model& what) { return ask_leader<validation>(self, node, what, waiting_patience); },
      [self, &node](const list_deployments& what) { return list(self, node, what); },
      [](const child_up&) {},
      [](const child_down&) {},
      [](run_here& here) { here.task(); },
  };
}

registrar_proxy_interface::behavior_type registrar_proxy(registrar_proxy_state::self_pointer self,
                                                         const actor_environment& node) {
  self->state.since = node.time.now();
  return {
      [self, &node](get_status) { return status_of(self, node, "registrar_proxy"); },
      [](await_ready) { return ready{}; },
      [self, &node](const create_token& what) { return ask_leader<token_made>(self, node, what); },
      [self, &node](const list_tokens& what) { return ask_leader<token_list>(self, node, what); },
      [self, &node](const revoke_token& what) { return ask_leader<done>(self, node, what); },
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

placer_proxy_interface::behavior_type placer_proxy(placer_proxy_state::self_pointer self, const actor_environment& node) {
  self->state.since = node.time.now();
  return {
      [self, &node](get_status) { return status_of(self, node, "placer_proxy"); },
      [](await_ready) { return ready{}; },
      [](const deployment_demand&) -> caf::result<done> { return not_here("places replicas"); },
      [](const drop_demand&) -> caf::result<done> { return not_here("places replicas"); },
      [](const retain_demands&) {},
      [self, &node](const node_report& report) {
        self->state.next = report;
        tell_report(self, node);
      },
      [](const nodes_changed&) {},
      [](const get_placement&) -> caf::result<placement_view> { return not_here("places replicas"); },
      [](run_here& here) { here.task(); },
  };
}

} // namespace troupe
