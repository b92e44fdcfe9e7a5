#pragma once

#include "runtime/base/event.hpp"

#include <string>

namespace troupe {

/// An event as one JSON object, without a newline: `time` (RFC 3339, UTC, nanoseconds), `level`, `event`, `actor` (its origin, if it has one), then
/// each field under its own key, as text. A field that has one of these names gets a "_" behind it. Bytes that are no UTF-8 are replaced.
std::string json_log_line(const event& e);

} // namespace troupe
