#pragma once

#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct replica_options {
  const actor_environment& node;
  pool_actor owner;
  std::shared_ptr<pool> target;
  std::uint64_t number;                       ///< the supervisor's id for it; stays over restarts
  std::shared_ptr<const golden_set> golden{}; ///< what it must give before it gets requests; null: nothing
};

using replica_interface = replica_actor::extend<caf::reacts_to<look_drained>, caf::reacts_to<trial_ended>>;

/// One running copy of a version: owns its host, and nothing else.
///
///     starting --host_up--> verifying --golden outputs--> serving --asked to stop--> draining --its batch is answered--> (gone, as it should)
///        |                     |                             |                          |
///        +--host_failed--------+--other outputs, host_exited-+--------------------------+--> (gone, a failure: the supervisor starts another)
class replica_state {
public:
  using self_pointer = replica_interface::stateful_pointer<replica_state>;
  using behavior_type = replica_interface::behavior_type;

  explicit replica_state(self_pointer self) : self_(self) {}

  behavior_type begin(replica_options options);
  behavior_type starting();
  behavior_type verifying();
  behavior_type serving();
  behavior_type draining();

  std::string name = "replica"; ///< where CAF looks for it

private:
  void on_host_up(const std::shared_ptr<replica_host>& host);
  void on_trial_ended(const trial_ended& ended);
  void serve();
  void on_host_failed(const error& why);
  void on_host_exited(const std::string& reason);
  void on_exit_asked(const caf::error& reason);
  void stop_when_idle();
  void tell_pool(replica_phase phase);
  void emit(severity level, const char* event_name, const std::string& reason) const;
  actor_status status(const char* state) const;

  self_pointer self_;
  std::optional<replica_options> options_;
  steady_time since_{};
  std::shared_ptr<replica_host> host_;
  std::vector<caf::typed_response_promise<ready>> awaiting_ready_;
};

replica_state::behavior_type replica(replica_state::self_pointer self, replica_options options);

} // namespace troupe
