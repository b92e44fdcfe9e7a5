#pragma once

#include "runtime/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// Which children a supervisor stops and starts, and when: OTP's rules (Erlang/OTP, Supervisor Behaviour), without the actors.
namespace troupe {

/// Whether a child that has died is started again.
enum class restart_type : std::uint8_t {
  permanent, ///< always
  transient, ///< after a failure, not after a normal exit
  temporary, ///< never; it is forgotten
};

/// Who is restarted with a child that has failed.
enum class restart_strategy : std::uint8_t {
  one_for_one,  ///< nobody
  one_for_all,  ///< all the others
  rest_for_one, ///< those after it in the list
};

/// Where a child stands.
///
///     down --turn has come--> starting --says it is ready--> up
///      ^                         |  failed to                 |  to be stopped or restarted
///      |                         v                            |
///      +----- stopping <----- condemned <---------------------+
///      +----- died by itself (from anywhere)
enum class child_phase : std::uint8_t {
  down,      ///< no actor
  starting,  ///< made, but has not said that it is ready
  up,        ///< at work
  condemned, ///< alive, to be stopped when its turn comes
  stopping,  ///< on the stop ladder
};

/// What becomes of a child.
enum class child_goal : std::uint8_t {
  up,   ///< it is to run
  done, ///< it has finished and stays listed (a transient child after a normal exit)
  gone, ///< it leaves the list as soon as it is down
};

struct child_view {
  restart_type restart = restart_type::permanent;
  child_phase phase = child_phase::down;
  child_goal goal = child_goal::up;
  steady_time not_before{}; ///< backoff: no start before this
};

/// What follows from a child's death. Indices into the list of children.
struct exit_plan {
  bool restart = false;            ///< counts against the restart intensity; false: the others are left alone
  std::vector<std::size_t> stop;   ///< alive, in the order of stopping (last first)
  std::vector<std::size_t> start;  ///< in the order of starting, the dead one included
  std::vector<std::size_t> forget; ///< temporary: not started again
};

/// Child `index` has died of itself (it was starting or up). As in OTP, a restarted group also starts its transient members that had
/// finished, and forgets its temporary ones. A child whose goal is `gone` is never started.
exit_plan plan_exit(restart_strategy strategy, const std::vector<child_view>& children, std::size_t index, bool abnormal);

/// Whether children take turns, or each goes its own way.
enum class step_order : std::uint8_t {
  independent, ///< one_for_one at work: a slow child holds nobody up
  in_turn,     ///< one at a time: first all stops, last child first; then all starts, first child first
};

/// What can be done now.
struct due_steps {
  std::vector<std::size_t> stop;      ///< condemned ones whose turn has come
  std::vector<std::size_t> start;     ///< down ones whose turn and time have come
  std::optional<steady_time> wake_at; ///< when the next backoff ends
};

due_steps plan_steps(const std::vector<child_view>& children, step_order order, steady_time now);

} // namespace troupe
