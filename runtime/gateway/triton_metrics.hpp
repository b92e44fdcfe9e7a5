#pragma once

#include "runtime/gateway/metric_family.hpp"
#include "runtime/gateway/metrics_view.hpp"

namespace troupe {

/// What Triton's dashboards look for: its names, labels and units (server/docs/user_guide/metrics.md), of what a node without a GPU has of it.
metric_families triton_metrics(const metrics_view& from);

} // namespace troupe
