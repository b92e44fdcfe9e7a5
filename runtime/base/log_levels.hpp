#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/event.hpp"

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// The least that a log shows: this and worse.
enum class log_level : std::uint8_t { debug = 0, info, warn, error, off };

std::string_view to_string(log_level level);
/// "debug", "info", "warn", "error", "off"; nothing for anything else.
std::optional<log_level> log_level_from(std::string_view text);

/// Whose level can be set: where events come from.
inline constexpr std::array<std::string_view, 18> event_origins = {
    "archivist", "catalog", "deployment", "fetcher", "gateway",   "host",    "journal", "keeper",     "membership",
    "node",      "placer",  "pool",       "pools",   "registrar", "replica", "router",  "supervisor", "validator"};

/// What a node's log shows, by origin. Thread-safe; a look costs one pass over the short names above.
class log_levels {
public:
  explicit log_levels(log_level all_others = log_level::info);

  /// `invalid_argument` if there is no such origin (the message lists them) or level. `origin` "": all that have no level of their own.
  /// `level` "default", of an origin: no level of its own any more.
  result<void> set(std::string_view origin, std::string_view level);

  bool shows(severity level, std::string_view origin) const;
  /// Those in force: ("", default) first, then origins with a level of their own.
  std::vector<std::pair<std::string, log_level>> list() const;

private:
  static constexpr std::uint8_t unset = 255;

  std::atomic<std::uint8_t> all_others_;
  std::array<std::atomic<std::uint8_t>, event_origins.size()> own_;
};

} // namespace troupe
