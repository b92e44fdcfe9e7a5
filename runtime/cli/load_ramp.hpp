#pragma once

#include "runtime/cli/console.hpp"
#include "runtime/cli/inference_door.hpp"
#include "runtime/cli/load_view.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe {

struct ramp_options {
  std::optional<arrivals>
      open; ///< an open loop, whose levels are rates; nothing: a closed one, whose levels are requests in flight
  std::vector<std::uint64_t> levels;
  std::chrono::nanoseconds duration{0}; ///< of each level
  std::chrono::nanoseconds warmup{0};   ///< before each level; 0: none
};

/// Runs level after level behind a progress line. What breaks one off (Ctrl-C too) ends the ramp with that level.
ramp_report run_ramp(const console& io, inference_door& door, const ramp_options& options);

} // namespace troupe
