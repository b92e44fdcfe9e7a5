#pragma once

#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <string>

namespace troupe {

/// What another thread has for an actor: it is run within it.
struct run_here {
  std::function<void()> task;
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::run_here)

namespace troupe {

/// Asks a node over the network; `told` hears the result<peer_answer> within the actor. `Self` handles `run_here`.
template <class Self, class Told>
void ask_then(Self* self, const cluster_network& network, const peer_address& whom, peer_question what,
              std::chrono::milliseconds patience, Told told) {
  auto me = caf::actor_cast<caf::actor>(self);
  network.questions.ask(whom, std::move(what), patience, [me, told = std::move(told)](result<peer_answer> outcome) {
    caf::anon_send(me, run_here{[told, outcome = std::move(outcome)]() mutable { told(std::move(outcome)); }});
  });
}

/// What a question of this kind was answered.
template <class Answer>
result<Answer> answer_in(result<peer_answer> outcome) {
  if (!outcome)
    return outcome.failure();
  if (auto value = std::get_if<Answer>(&*outcome))
    return std::move(*value);
  return error{error_code::internal, "a node gave an answer to another question"};
}

/// Asks a node and delivers what it answers.
template <class Answer, class Self>
caf::result<Answer> ask_node(Self* self, const cluster_network& network, const peer_address& whom, peer_question what,
                             std::chrono::milliseconds patience) {
  auto answer = self->template make_response_promise<Answer>();
  ask_then(self, network, whom, std::move(what), patience, [answer](result<peer_answer> outcome) mutable {
    if (auto told = answer_in<Answer>(std::move(outcome)))
      answer.deliver(std::move(*told));
    else
      answer.deliver(make_error(told.failure().code, told.failure().message));
  });
  return answer;
}

using peer_interface = peer_actor::extend<caf::reacts_to<run_here>>;

/// Stands for another node.
///
///     standing
struct peer_state {
  using self_pointer = peer_interface::stateful_pointer<peer_state>;
  std::string name = "peer"; ///< where CAF looks for it
};

peer_interface::behavior_type peer(peer_state::self_pointer self, const actor_environment& node, std::string node_id);

} // namespace troupe
