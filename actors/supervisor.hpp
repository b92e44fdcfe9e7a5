#pragma once

#include "actors/child_slot.hpp"
#include "actors/protocol.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/event.hpp"
#include "runtime/base/rng.hpp"

#include <caf/exit_reason.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// A supervisor, as data. The clock and the sink must outlive the actor system.
struct supervisor_options {
  const clock& time;
  event_sink& events;
  rng random; ///< for the backoff's jitter
  std::string name{};
  restart_strategy strategy = restart_strategy::one_for_one;
  restart_intensity intensity{};
  backoff_options backoff{};
  std::vector<child_spec> children{}; ///< in boot order, ids unique
};

/// A supervisor's message to itself: a delay or a deadline may be over.
struct look_again {
  steady_time due{};
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::look_again)

namespace troupe {

using supervisor_interface = supervisor_actor::extend<caf::reacts_to<look_again>>;

/// Owns children: starts them in order, each after the former is ready; restarts them by the plans of `supervision_plan.hpp`; stops them in
/// reverse order, by the rungs of `stop_ladder.hpp`. The only file that monitors actors.
///
///     starting --all are ready--> running --asked to stop, or too many restarts--> stopping --all are down--> (gone)
///         |                                                                           ^
///         +--a first start failed, or asked to stop-----------------------------------+
///
/// A child that was up and dies while others are still starting is restarted as if all were running. Its own supervisor learns of a
/// failure by its exit reason, and on the way by the answer to `await_ready`. A supervisor that dies without stopping takes its children with it.
class supervisor_state {
public:
  using self_pointer = supervisor_interface::stateful_pointer<supervisor_state>;
  using behavior_type = supervisor_interface::behavior_type;

  static constexpr std::size_t children_max = 10'000;

  explicit supervisor_state(self_pointer self) : self_(self) {}
  ~supervisor_state();
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;

  /// Begins with the first child. Once, before anything else.
  behavior_type begin(supervisor_options options);
  behavior_type starting();
  behavior_type running();
  behavior_type stopping();

  std::string name = "supervisor"; ///< where CAF looks for it

private:
  enum class mode { starting, running, stopping };

  // -- what is asked
  caf::result<child_up> on_start_child(child_spec spec);
  caf::result<child_down> on_stop_child(const std::string& id);
  caf::result<child_up> on_restart_child(const std::string& id);
  caf::result<actor_status> on_get_status(std::chrono::nanoseconds patience);
  void on_watch(const child_listener& listener);

  // -- what happens
  void on_ready(const caf::actor_addr& child);
  void on_not_ready(const caf::actor_addr& child, const caf::error& why);
  void on_down(const caf::actor_addr& source, const caf::error& reason);
  void on_exit_asked(const caf::error& reason);
  void on_child_down(child_slot& slot, const caf::error& reason);
  void on_first_start_failed(child_slot& slot);
  void on_child_died(child_slot& slot, std::chrono::nanoseconds up_for);
  void on_not_restarted(child_slot& slot);
  void on_look_again(steady_time due);

  // -- what is done
  void advance();
  void start(child_slot& slot);
  void stop(child_slot& slot, stop_rung rung);
  void climb(child_slot& slot);
  void carry_out(const exit_plan& plan, const child_slot& dead, steady_time not_before);
  void move_on();
  void fail(const caf::error& reason);
  void begin_stopping(const caf::error& reason);
  void schedule_look(std::optional<steady_time> backoff_ends);

  // -- what is seen
  actor_status own_status() const;
  steady_time now() const { return options_->time.now(); }
  void announce_up(const child_slot& slot);
  void announce_down(const child_slot& slot);
  void emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields);

  self_pointer self_;
  std::optional<supervisor_options> options_;
  mode mode_ = mode::starting;
  steady_time since_{};
  restart_budget budget_{restart_intensity{}};
  child_list children_;
  std::vector<child_listener> listeners_;
  std::vector<caf::typed_response_promise<ready>> awaiting_ready_; ///< while starting
  caf::error exit_reason_;                                         ///< while stopping
  std::optional<steady_time> next_look_;                           ///< a look_again is under way for then
};

supervisor_state::behavior_type supervisor(supervisor_state::self_pointer self, supervisor_options options);

} // namespace troupe
