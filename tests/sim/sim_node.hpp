#pragma once

#include "actors/cluster_identity.hpp"
#include "actors/errors.hpp"
#include "actors/peer_desk.hpp"
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
#include <string>
#include <vector>

namespace troupe {

/// What survives a node's process.
struct sim_machine {
  sim_time& time;
  store& records;
  blob_store& blobs;
  host_supply& hosts;
  event_sink& events;
};

/// What makes a node one of a cluster.
struct sim_membership {
  cluster_record record;
  own_node self;
  std::vector<member_record> known; ///< members, the node itself among them
  cluster_network& network;
};

/// One life of a node: the real actors in this thread. The order in which they run is drawn by chance.
class sim_node {
public:
  sim_node(sim_machine machine, std::uint64_t seed, const std::optional<sim_membership>& cluster = {});
  /// The process is killed: no actor does anything more that matters. Cut the power of the store first, that of the hosts after it.
  ~sim_node();

  directory& actors() { return actors_; }
  const routing_cell& routes() const { return routes_; }
  /// Who hands what other nodes ask to this one's actors.
  const peer_desk& desk() const { return desk_; }
  /// Actors that still run.
  std::size_t running() const { return system_->registry().running(); }
  /// Whether the root supervisor lives and nothing has asked for the end of the process.
  bool is_up() const { return !root_died_ && !gave_up_; }
  /// Whether it ends because another leads.
  bool steps_down() const { return gave_up_; }
  /// Whether it runs the leader's actors.
  bool leads() const { return leads_; }
  leadership lead() const { return environment_.lead.get(); }

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
  cluster_options join(const sim_membership& cluster);
  result<void> follow(const leadership& other);
  node_load own_load() const;
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
  cluster_store members_;
  actor_environment environment_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  peer_desk desk_;
  std::function<void(const std::string&)> fail_next_;
  bool leads_ = true; ///< a node that is alone does
  bool root_died_ = false;
  bool gave_up_ = false;
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
