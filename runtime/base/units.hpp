#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// "250ms", "1.5s", "5m": a number and one of ns, us, ms, s, m, h, d. Nothing for anything else, a missing unit, a negative number or
/// more than 292 years (what 63 bits of nanoseconds hold).
std::optional<std::chrono::nanoseconds> duration_from(std::string_view text);

/// "256MiB", "4KB", "1.5GiB", "512": a number and one of B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024); no
/// unit means bytes. Nothing for anything else, a negative number or 2^63 bytes and more.
std::optional<std::uint64_t> size_from(std::string_view text);

/// For tables and messages, three digits at most: "0 s", "870 ns", "12.3 µs", "250 ms", "1.5 s", "3m 20s", "2h 5m", "4d 3h".
std::string human_duration(std::chrono::nanoseconds length);

/// For tables and messages, three digits at most: "0 B", "512 B", "1.5 KiB", "256 MiB".
std::string human_size(std::uint64_t bytes);

/// For programs and logs, RFC 3339 in UTC: "2026-11-24T10:33:19.123456789Z".
std::string utc_text(wall_time at);

} // namespace troupe
