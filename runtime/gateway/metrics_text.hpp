#pragma once

#include "actors/messages.hpp"
#include "runtime/serving/pool.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// What a metrics page is written of.
struct metrics_view {
  std::vector<std::shared_ptr<pool>> pools;
  deployment_list deployments;
  std::uint64_t resident_bytes = 0; ///< of the node's process
};

/// A page in Prometheus' text format, version 0.0.4: the names and meanings of Triton's metrics where it has them, ours begin with troupe_.
/// Counters begin anew with each pool, as when a version is loaded again.
std::string metrics_text(const metrics_view& from);

inline constexpr const char* metrics_content = "text/plain; version=0.0.4; charset=utf-8";

} // namespace troupe
