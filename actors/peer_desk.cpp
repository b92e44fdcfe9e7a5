#include "actors/peer_desk.hpp"

#include "actors/errors.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace troupe {

namespace {

constexpr const char* on_the_leader = "only the cluster's leader answers this, and this node is not the leader; retry";

} // namespace

/// Who answers what.
struct peer_desk::hand_over {
  caf::event_based_actor* self;
  const directory& actors;
  const std::string& from;
  std::chrono::milliseconds patience;
  std::function<void(result<peer_answer>)> told;

  void operator()(assignment& what) {
    if (is_own(what.by.leader_id))
      ask<assignment_taken>(actors.pools.get(), what);
  }
  void operator()(node_report& what) {
    if (!is_own(what.node_id))
      return;
    auto placer = actors.placer.get();
    if (!placer)
      return told(error{error_code::unavailable, on_the_leader});
    caf::anon_send(placer, std::move(what));
    told(peer_answer(done{}));
  }
  void operator()(read_artifact& what) { ask<artifact_piece>(actors.keeper.get(), what); }
  void operator()(deploy& what) {
    what.uploaded_to = from;
    ask_catalog<deployed>(what);
  }
  void operator()(scale& what) { ask_catalog<done>(what); }
  void operator()(undeploy& what) { ask_catalog<done>(what); }
  void operator()(await_version& what) { ask_catalog<done>(what); }
  void operator()(rollback& what) { ask_catalog<deployed>(what); }
  void operator()(steer_rollout& what) { ask_catalog<done>(what); }
  void operator()(watch_version& what) { ask_catalog<version_progress>(what); }
  void operator()(validate_model& what) {
    what.uploaded_to = from;
    ask_catalog<validation>(what);
  }
  void operator()(list_deployments& what) { ask_catalog<deployment_list>(what); }
  void operator()(enrol& what) { ask_registrar<enrolled>(what); }
  void operator()(enrol_user& what) { ask_registrar<user_enrolled>(what); }
  void operator()(renew_certificate& what) {
    if (is_own(what.node_id))
      ask_registrar<certificate_issued>(what);
  }
  void operator()(update_member& what) {
    if (is_own(what.node_id))
      ask_registrar<done>(what);
  }
  void operator()(probe& what) {
    what.from = from;
    ask<probe_message>(actors.membership.get(), what);
  }
  void operator()(ask_help& what) {
    what.from = from;
    ask<help_answer>(actors.membership.get(), what);
  }
  void operator()(exchange_members& what) {
    what.from = from;
    ask<exchange_members>(actors.membership.get(), what);
  }
  void operator()(create_token& what) { ask_registrar<token_made>(what); }
  void operator()(list_tokens& what) { ask_registrar<token_list>(what); }
  void operator()(revoke_token& what) { ask_registrar<done>(what); }
  void operator()(list_users& what) { ask_registrar<user_list>(what); }
  void operator()(revoke_user& what) { ask_registrar<done>(what); }
  void operator()(remove_member& what) { ask_registrar<done>(what); }
  void operator()(set_draining& what) { ask_registrar<done>(what); }

private:
  /// Each node speaks for itself.
  bool is_own(const std::string& node_id) {
    if (node_id != from)
      told(error{error_code::permission_denied, "node " + from + " speaks for node " + node_id + "; each speaks for itself"});
    return node_id == from;
  }

  template <class Answer, class Question>
  void ask_registrar(Question& what) {
    ask<Answer>(actors.registrar.get(), what, on_the_leader);
  }

  template <class Answer, class Question>
  void ask_catalog(Question& what) {
    ask<Answer>(actors.catalog.get(), what, on_the_leader);
  }

  /// One short-lived actor a question: 1.5 µs, and no table of requests.
  template <class Answer, class Handle, class Question>
  void ask(const Handle& whom, Question& what, const char* if_absent = "the node is still starting; retry") {
    if (!whom)
      return told(error{error_code::unavailable, if_absent});
    self->request(whom, patience, std::move(what))
        .then([told = told](Answer& value) { told(peer_answer(std::move(value))); },
              [told = told](const caf::error& why) { told(to_error(why)); });
  }
};

caf::actor peer_desk::ask(const std::string& from, peer_question what, std::chrono::milliseconds patience,
                          std::function<void(result<peer_answer>)> told) const {
  auto asker = system_.spawn(
      [&actors = actors_, from, what = std::move(what), patience, told = std::move(told)](caf::event_based_actor* self) mutable {
        std::visit(hand_over{self, actors, from, patience, std::move(told)}, what);
      });
  return caf::actor_cast<caf::actor>(asker);
}

} // namespace troupe
