#pragma once

#include "runtime/gateway/metric_family.hpp"
#include "runtime/gateway/metrics_view.hpp"

namespace troupe {

/// What Triton's metrics lack of versions, replicas and their hosts.
metric_families version_metrics(const metrics_view& from);

} // namespace troupe
