#include "runtime/policy/queue_policy.hpp"

#include <algorithm>

namespace troupe {

std::size_t level_of(const model_spec& spec, std::uint64_t priority) {
  bool there = priority >= 1 && priority <= spec.queue_levels.size();
  return static_cast<std::size_t>(there ? priority : spec.default_priority) - 1;
}

std::chrono::microseconds timeout_of(const queue_level& level, std::chrono::microseconds asked) {
  if (asked.count() <= 0 || !level.may_override)
    return level.timeout;
  return level.timeout.count() == 0 ? asked : std::min(asked, level.timeout);
}

std::chrono::microseconds patience_of(const queue_level& level, std::chrono::microseconds asked) {
  bool holds = asked.count() > 0 && level.may_override && level.on_timeout == timeout_action::reject;
  return holds ? asked : std::chrono::microseconds(0);
}

std::chrono::microseconds without_travel(std::chrono::microseconds given) {
  constexpr std::chrono::microseconds most = std::chrono::milliseconds(2);
  return given - std::min(given / 64, most);
}

waiting_fate fate_of(steady_time now, steady_time deadline, steady_time wait_until, timeout_action action) {
  if (deadline <= now)
    return waiting_fate::late;
  if (wait_until > now)
    return waiting_fate::waits;
  return action == timeout_action::delay ? waiting_fate::delayed : waiting_fate::timed_out;
}

std::chrono::nanoseconds least_time(const queue_ahead& ahead, std::uint32_t batch_rows_max, std::chrono::nanoseconds run) {
  if (ahead.requests == 0 || ahead.runners == 0)
    return std::chrono::nanoseconds(0);
  auto batches = batch_rows_max == 0 ? ahead.requests : ahead.rows / batch_rows_max;
  return run * static_cast<std::int64_t>(batches / ahead.runners + 1);
}

} // namespace troupe
