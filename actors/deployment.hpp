#pragma once

#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct deployment_options {
  const actor_environment& node;
  std::string name;
};

using deployment_interface = deployment_actor::extend<caf::reacts_to<child_up>, caf::reacts_to<child_down>,
                                                      caf::reacts_to<retire_pool>, caf::reacts_to<try_again>>;

/// One deployment: the only writer of its record. Every move is in the store before it is acted on, so that after a crash it goes on from there.
///
///     loading --record read--> steady <--write answered-- saving     commands wait in the mailbox while a write is under way
///        |                       |  ------a command----->    |
///        +--store silent--+      +--asked to stop--> (gone)  +--removed--> removed --route dropped--> (gone, as it should)
///                         v
///                       (gone, a failure: restarted with backoff)
///
/// A version goes preparing -> live -> superseded, or preparing -> failed. The old pool answers until the new one serves with all its
/// replicas and the route has been switched; then it drains.
class deployment_state {
public:
  static constexpr std::uint32_t replicas_max = 256;

  using self_pointer = deployment_interface::stateful_pointer<deployment_state>;
  using behavior_type = deployment_interface::behavior_type;

  explicit deployment_state(self_pointer self) : self_(self) {}

  behavior_type begin(deployment_options options);
  behavior_type loading();
  behavior_type steady();
  behavior_type saving();
  behavior_type removed();

  std::string name = "deployment"; ///< where CAF looks for it

private:
  struct version_slot {
    version_record record;
    pool_actor pool;                      ///< empty: it has none
    std::shared_ptr<troupe::pool> target; ///< of a pool that serves with all its replicas
    bool draining = false;                ///< its pool is being stopped
    std::vector<caf::typed_response_promise<done>> awaiting;
  };

  // -- what is asked
  caf::result<deployed> on_deploy(const deploy& ask);
  caf::result<done> on_scale(const scale& ask);
  caf::result<done> on_undeploy();
  caf::result<done> on_await(const await_version& ask);
  caf::result<deployment_view> on_get();

  // -- what happens
  void on_loaded(const stored_deployment& stored);
  void on_pool_serves(const pool_serves& news);
  void on_pool_gave_up(const pool_gave_up& news);

  void on_pool_up(const child_up& up);
  void on_pool_down(const child_down& down);
  void on_retire_pool(version_number number);

  // -- what is done
  /// Writes the change, then takes `record` over and calls `next` in the state `steady`. On failure calls `failed`. After what the store
  /// refused all goes on as it was, for what serves must not stop with the disk: whether it was written shows when the node starts again,
  /// and until then the store takes no other write. After any other failure quits: the next life reads what was written.
  void save(deployment_record record, state_change change, std::function<void()> next,
            std::function<void(const caf::error&)> failed);
  /// The same for a command that is answered with the failure.
  template <class Answer>
  void save_for(caf::typed_response_promise<Answer> answer, deployment_record record, state_change change,
                std::function<void()> next);
  void tell_wanted();
  void begin_version(const version_record& version, version_number given_up);
  void finish_removal(caf::typed_response_promise<done> answer);
  void start_pool(const version_record& version);
  void stop_pool(version_number number, std::chrono::nanoseconds delay);
  void promote(version_number number, const std::shared_ptr<pool>& target);
  void switch_route(version_number number, const std::shared_ptr<pool>& target);
  void drop_own_route();
  void retire_others();
  void settle(version_slot& slot);
  void emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields);

  // -- what is seen
  version_slot* find(version_number number);
  caf::result<actor_status> status(const char* state, std::chrono::nanoseconds patience);

  self_pointer self_;
  std::optional<deployment_options> options_;
  steady_time since_{};
  supervisor_actor pools_supervisor_;
  deployment_record record_;
  std::shared_ptr<std::atomic<std::uint32_t>> wanted_; ///< as in record_, for pools that start
  std::map<version_number, version_slot> versions_;
  version_number routed_ = 0; ///< the version that the routing table names; 0: none
  std::vector<caf::typed_response_promise<ready>> awaiting_ready_;
  bool promotion_is_due_ = false; ///< a try_again is under way
};

deployment_state::behavior_type deployment(deployment_state::self_pointer self, deployment_options options);

} // namespace troupe
