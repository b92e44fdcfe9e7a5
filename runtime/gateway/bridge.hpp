#pragma once

#include "actors/errors.hpp"
#include "runtime/gateway/kj_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <kj/async.h>

#include <chrono>
#include <memory>
#include <unordered_map>

namespace troupe {

/// The one crossing from KJ to CAF: asks an actor, answers with a promise. Belongs to one loop.
class bridge {
public:
  bridge(caf::actor_system& system, kj_loop& loop) : system_(system), loop_(loop) {}

  /// The answer, or the error (an actor that is dead or silent is `unavailable` or `deadline_exceeded`). On the loop's thread.
  template <class Answer, class Actor, class Question>
  kj::Promise<result<Answer>> ask(const Actor& whom, Question question, std::chrono::milliseconds patience) {
    auto pair = kj::newPromiseAndFulfiller<result<Answer>>();
    auto id = ++last_id_;
    pending_.emplace(id, kj::mv(pair.fulfiller));
    // One short-lived actor a question: 1.5 µs, and no table of requests on the actors' side.
    system_.spawn([this, id, whom, question = std::move(question), patience](caf::event_based_actor* self) {
      auto answer = [this, id](result<Answer> outcome) {
        loop_.post([this, id, outcome = std::move(outcome)] { finish<Answer>(id, outcome); });
      };
      self->request(whom, patience, question)
          .then([answer](const Answer& value) { answer(value); }, [answer](const caf::error& e) { answer(to_error(e)); });
    });
    return kj::mv(pair.promise);
  }

private:
  template <class Answer>
  void finish(std::uint64_t id, const result<Answer>& outcome) {
    auto found = pending_.find(id);
    if (found == pending_.end())
      return;
    auto fulfiller = kj::mv(found->second);
    pending_.erase(found);
    static_cast<kj::PromiseFulfiller<result<Answer>>&>(*fulfiller).fulfill(result<Answer>(outcome));
  }

  caf::actor_system& system_;
  kj_loop& loop_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, kj::Own<kj::PromiseRejector>> pending_; ///< the loop thread's
};

} // namespace troupe
