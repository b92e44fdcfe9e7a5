#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// How a child is stopped, one rung after the other, until it is dead.
enum class stop_rung : std::uint8_t {
  ask,     ///< finish what you have, then stop
  exit,    ///< stop now
  kill,    ///< whatever you think of it
  abandon, ///< it hangs inside a handler, which nothing can end: it is left behind
};

struct shutdown_policy {
  bool brutal = false; ///< begin with the kill
  std::chrono::nanoseconds grace = std::chrono::seconds(5);
  std::chrono::nanoseconds exit_grace = std::chrono::seconds(1);
  std::chrono::nanoseconds kill_grace = std::chrono::seconds(1);
};

constexpr stop_rung first_rung(const shutdown_policy& policy) {
  return policy.brutal ? stop_rung::kill : stop_rung::ask;
}

/// The next harder rung; `abandon` is the last.
constexpr stop_rung rung_after(stop_rung rung) {
  switch (rung) {
  case stop_rung::ask: return stop_rung::exit;
  case stop_rung::exit: return stop_rung::kill;
  default: return stop_rung::abandon;
  }
}

/// How long a child gets on a rung before the next.
constexpr std::chrono::nanoseconds patience_on(stop_rung rung, const shutdown_policy& policy) {
  switch (rung) {
  case stop_rung::ask: return policy.grace;
  case stop_rung::exit: return policy.exit_grace;
  case stop_rung::kill: return policy.kill_grace;
  default: return std::chrono::nanoseconds(0);
  }
}

} // namespace troupe
