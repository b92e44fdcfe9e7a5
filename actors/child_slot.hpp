#pragma once

#include "actors/messages.hpp"
#include "runtime/policy/restart_limits.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A supervisor's book on one child. Only the supervisor uses it.
struct child_slot {
  static constexpr std::size_t history_max = 5;

  child_slot(child_spec child, const backoff_options& delays) : spec(std::move(child)), backoff(delays) {}

  /// What the plans see.
  child_view view() const { return {spec.restart, phase, goal, not_before}; }
  /// Has never been ready yet: a failure is then a failed start, not a case for a restart.
  bool is_new() const { return !first_up; }
  /// To be stopped when its turn comes; nothing for one that is down or leaving already.
  void condemn();
  /// Remembers why the next start is a restart.
  void remember(std::string cause);
  /// Its line in the tree as its supervisor knows it; `merge_status` adds what the child says itself.
  actor_status status() const;

  child_spec spec;
  child_phase phase = child_phase::down;
  child_goal goal = child_goal::up;
  supervised_actor handle;  ///< none while it is down
  steady_time since{};      ///< of the last start
  steady_time not_before{}; ///< backoff
  stop_rung rung = stop_rung::ask;
  steady_time rung_ends{}; ///< while stopping
  std::optional<steady_time> first_up;
  std::optional<steady_time> up_since; ///< of this handle; none: it is not announced
  caf::error failure;                  ///< why it is not ready and is being stopped
  caf::error last_reason;              ///< of the last death
  restart_backoff backoff;
  std::uint32_t restarts = 0;
  std::deque<std::string> history; ///< causes of restarts, newest last
  std::vector<caf::typed_response_promise<child_up>> awaiting_up;
  std::vector<caf::typed_response_promise<child_down>> awaiting_down;
};

/// The child's own answer under its supervisor's name, kind, age and restarts for it.
actor_status merge_status(actor_status own, const actor_status& line);

} // namespace troupe
