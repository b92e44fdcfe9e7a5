#pragma once

#include "actors/errors.hpp"
#include "runtime/gateway/kj_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <kj/async.h>

#include <chrono>
#include <memory>
#include <type_traits>
#include <unordered_map>

namespace troupe {

/// The one crossing from KJ to CAF: asks an actor, answers with a promise. Belongs to one loop, which must outlive the actor system and
/// be stopped before the bridge is destroyed.
class bridge {
public:
  bridge(caf::actor_system& system, kj_loop& loop) : system_(system), loop_(loop) {}
  bridge(const bridge&) = delete;
  ~bridge() {
    for (auto& [id, question] : pending_)
      caf::anon_send_exit(question.asker, caf::exit_reason::kill);
  }

  /// The answer, or the error (an actor that is dead or silent is `unavailable` or `deadline_exceeded`). Who drops the promise takes the
  /// question back. On the loop's thread.
  template <class Answer, class Actor, class Question>
  kj::Promise<result<Answer>> ask(const Actor& whom, Question question, std::chrono::milliseconds patience) {
    if (!whom)
      return result<Answer>(error{error_code::unavailable, "the node is still starting; retry"});
    // One short-lived actor a question: 1.5 µs, and no table of requests on the actors' side.
    return await<Answer>([&](auto answer) {
      return caf::actor_cast<caf::actor>(
          system_.spawn([answer, whom, question = std::move(question), patience](caf::event_based_actor* self) {
            self->request(whom, patience, question)
                .then([answer](const Answer& value) { answer(value); }, [answer](const caf::error& e) { answer(to_error(e)); });
          }));
    });
  }

  /// What `start(answer)` gives to the function `answer`, on any thread. It returns the actor that does so, which is ended if the promise is dropped.
  /// On the loop's thread.
  template <class Answer, class Start>
  kj::Promise<result<Answer>> await(Start start) {
    auto pair = kj::newPromiseAndFulfiller<result<Answer>>();
    auto id = ++last_id_;
    auto asker = start(
        [this, id](result<Answer> outcome) { loop_.post([this, id, outcome = std::move(outcome)] { finish(id, outcome); }); });
    pending_.emplace(id, open_question{kj::mv(pair.fulfiller), std::move(asker)});
    return pair.promise.attach(kj::defer([this, id] { take_back(id); }));
  }

  /// What `task` returns, which is a result<>; it runs on a thread of its own, because it would hold up the loop. On the loop's thread.
  template <class Task>
  kj::Promise<std::invoke_result_t<Task>> compute(Task task) {
    using outcome_type = std::invoke_result_t<Task>;
    auto pair = kj::newPromiseAndFulfiller<outcome_type>();
    auto id = ++last_id_;
    auto worker = system_.spawn<caf::detached>([this, id, task = std::move(task)](caf::event_based_actor*) {
      auto outcome = std::make_shared<outcome_type>(task());
      loop_.post([this, id, outcome] { finish(id, *outcome); });
    });
    pending_.emplace(id, open_question{kj::mv(pair.fulfiller), caf::actor_cast<caf::actor>(worker)});
    return pair.promise.attach(kj::defer([this, id] { take_back(id); }));
  }

private:
  struct open_question {
    kj::Own<kj::PromiseRejector> fulfiller;
    caf::actor asker;
  };

  template <class Answer>
  void finish(std::uint64_t id, const result<Answer>& outcome) {
    auto found = pending_.find(id);
    if (found == pending_.end())
      return;
    auto fulfiller = kj::mv(found->second.fulfiller);
    pending_.erase(found);
    static_cast<kj::PromiseFulfiller<result<Answer>>&>(*fulfiller).fulfill(result<Answer>(outcome));
  }

  void take_back(std::uint64_t id) {
    auto found = pending_.find(id);
    if (found == pending_.end())
      return;
    caf::anon_send_exit(found->second.asker, caf::exit_reason::kill);
    pending_.erase(found);
  }

  caf::actor_system& system_;
  kj_loop& loop_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, open_question> pending_; ///< the loop thread's
};

} // namespace troupe
