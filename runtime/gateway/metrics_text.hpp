#pragma once

#include "runtime/gateway/metrics_view.hpp"

#include <string>

namespace troupe {

/// A page in Prometheus' text format, version 0.0.4: the names and meanings of Triton's metrics where it has them, ours begin with troupe_.
/// Counters begin anew with each pool, as when a version is loaded again.
std::string metrics_text(const metrics_view& from);

inline constexpr const char* metrics_content = "text/plain; version=0.0.4; charset=utf-8";

} // namespace troupe
