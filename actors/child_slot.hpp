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
  /// Makes the actor. One that can't be made is stood in for by an actor that dies of the reason, so that this is a failed start like any other.
  void make_actor(caf::local_actor& parent);
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

/// A supervisor's children, in boot order.
class child_list {
public:
  child_slot& add(child_spec spec, const backoff_options& delays) { return slots_.emplace_back(std::move(spec), delays); }
  /// Takes out those that are down and gone, and tells whoever waits for them.
  void forget_gone();

  child_slot* find(const std::string& id);
  /// By its present handle.
  child_slot* find(const caf::actor_addr& address);
  std::size_t index_of(const child_slot& slot) const { return static_cast<std::size_t>(&slot - slots_.data()); }
  std::vector<child_view> view() const;
  /// Whether all that are to run are at work.
  bool all_up() const;
  /// The end of the first deadline on a stop ladder, if anyone is on one.
  std::optional<steady_time> next_rung() const;

  child_slot& operator[](std::size_t index) { return slots_[index]; }
  std::size_t size() const { return slots_.size(); }
  auto begin() { return slots_.begin(); }
  auto end() { return slots_.end(); }
  auto begin() const { return slots_.begin(); }
  auto end() const { return slots_.end(); }

private:
  std::vector<child_slot> slots_;
};

/// The child's own answer under its supervisor's name, kind, age and restarts for it.
actor_status merge_status(actor_status own, const actor_status& line);

} // namespace troupe
