#pragma once

#include "runtime/cli/arrival_schedule.hpp"
#include "runtime/cli/load_report.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// One load of a ramp: how hard it pressed, and what came of it.
struct load_level {
  std::uint64_t pressure = 1; ///< requests in flight, or requests a second
  load_report report;
};

struct ramp_report {
  std::optional<arrivals> open; ///< an open loop, and how its requests came; nothing: a closed loop
  std::uint64_t rows = 1;       ///< of each request
  std::vector<load_level> levels;
};

/// Rates, latencies in microseconds, errors by code; why it was broken off, if it was.
nlohmann::ordered_json load_json(const load_report& report, std::uint64_t rows);
/// A row, and below it a row for each error code.
std::string load_text(const load_report& report, std::uint64_t rows);

/// The loop's kind, and an object for each level.
nlohmann::ordered_json ramp_json(const ramp_report& ramp);
/// A row for each level, and below a row for each level and error code.
std::string ramp_text(const ramp_report& ramp);

/// What a running load has come to so far, for a progress line: "12340/s, p99 1.2 ms, 0 failed".
std::string load_amount(const load_report& so_far);

} // namespace troupe
