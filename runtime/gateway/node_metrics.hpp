#pragma once

#include "runtime/gateway/metric_family.hpp"
#include "runtime/gateway/metrics_view.hpp"

namespace troupe {

/// What Triton's metrics lack of the node itself.
metric_families node_metrics(const node_figures& from);

} // namespace troupe
