#pragma once

#include "runtime/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// What people read and write on a command line, beyond runtime/base/units.hpp.
namespace troupe {

/// Local time, "2026-11-23 02:39:50.123".
std::string time_text(std::int64_t unix_ns);

/// A positive duration, "250ms" or "10m"; the error says how to write one.
result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Nanoseconds of Unix time: a duration before `now_unix_ns`, or a moment as RFC 3339 writes it ("2026-11-23T02:39:50Z", also with a
/// fraction or an offset like +01:00) or as time_text does. The error says how to write them.
result<std::int64_t> parse_since(std::string_view text, std::int64_t now_unix_ns);

} // namespace troupe
