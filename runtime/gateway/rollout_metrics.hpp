#pragma once

#include "runtime/gateway/metric_family.hpp"
#include "runtime/gateway/metrics_view.hpp"

namespace troupe {

/// Rollouts by stages: how this node divides requests, and, as the leader tells it, where each rollout is, what it is judged by, and how those before ended.
/// What the leader doesn't tell just now is left out: it would be out of date.
metric_families rollout_metrics(const metrics_view& from);

} // namespace troupe
