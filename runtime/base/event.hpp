#pragma once

#include "runtime/base/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// info = a decision, warn = we healed it, error = we could not; debug = a step on the way, for the log alone. The numbers are stored.
enum class severity : std::uint8_t { info = 0, warn, error, debug };

std::string_view to_string(severity level);

/// Something that happened, once, at a transition: `replica_crashed deployment=digits version=2 replica=7 reason=signal:11`.
/// The same event feeds the log, the journal and the CLI.
struct event {
  wall_time at{};
  severity level = severity::info;
  std::string name; ///< snake_case, past tense
  std::vector<std::pair<std::string, std::string>> fields;
  std::string origin{};       ///< the kind of actor, or "node", "gateway", "host"; see event_origins
  std::uint64_t sequence = 0; ///< in the journal, once it is kept there; grows by 1 from event to event
};

/// The value of a field, or "" if there is none.
std::string_view field(const event& e, std::string_view key);

/// "replica_crashed deployment=digits version=2"; values with blanks or quotes are quoted.
std::string to_text(const event& e);

/// Where events go. Callable from any thread; must not block.
class event_sink {
public:
  virtual ~event_sink() = default;
  virtual void emit(event e) = 0;
  /// Whether anybody sees debug events of this origin just now. Ask before making one.
  virtual bool shows_debug(std::string_view) const { return false; }
};

} // namespace troupe
