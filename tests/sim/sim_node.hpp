#pragma once

#include "actors/errors.hpp"
#include "actors/root.hpp"
#include "runtime/base/rng.hpp"
#include "storage/blob_store.hpp"
#include "storage/log_store.hpp"
#include "tests/support/sim_time.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace troupe {

/// What survives a node's process.
struct sim_machine {
  sim_time& time;
  store& records;
  blob_store& blobs;
  host_supply& hosts;
  event_sink& events;
};

/// One life of a node: the real actors in this thread. The order in which they run is drawn by chance.
class sim_node {
public:
  sim_node(sim_machine machine, std::uint64_t seed);
  /// The process is killed: no actor does anything more that matters. Cut the power of the store first, that of the hosts after it.
  ~sim_node();

  directory& actors() { return actors_; }
  const routing_cell& routes() const { return routes_; }
  /// Actors that still run.
  std::size_t running() const { return system_->registry().running(); }
  /// Whether the root supervisor lives.
  bool is_up() const { return !root_died_; }

  /// The next actor to run, if it is one of the tree's and not its root, dies of a fault of its own instead; `told` gets its name.
  void fail_next(std::function<void(const std::string&)> told) { fail_next_ = std::move(told); }

  /// When an actor's next timer fires.
  std::optional<steady_time> next_timer() const;
  /// Fires the timers that are due and handles messages: all of them, unless chance leaves some for the next turn.
  void turn(double laziness);
  /// Whether a message waits.
  bool has_work() const { return scheduler().has_job(); }

  /// Asks an actor as a gateway does; `told` gets the answer.
  template <class Answer, class Actor, class Question>
  void ask(const Actor& whom, Question question, std::chrono::milliseconds patience, std::function<void(result<Answer>)> told);

private:
  caf::scheduler::test_coordinator& scheduler() const {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  void run_any();
  void fail_if_due(caf::resumable* job);

  sim_machine machine_;
  rng random_;
  seed_source seeds_;
  directory actors_;
  routing_cell routes_;
  state_store state_;
  assignment_store kept_;
  log_store log_;
  actor_environment environment_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::function<void(const std::string&)> fail_next_;
  bool root_died_ = false;
};

template <class Answer, class Actor, class Question>
void sim_node::ask(const Actor& whom, Question question, std::chrono::milliseconds patience,
                   std::function<void(result<Answer>)> told) {
  system_->spawn([=](caf::event_based_actor* self) {
    self->request(whom, patience, question)
        .then([told](Answer& value) { told(std::move(value)); }, [told](const caf::error& why) { told(to_error(why)); });
  });
}

} // namespace troupe
