#pragma once

#include "actors/cluster_messages.hpp"
#include "runtime/gateway/metric_family.hpp"

#include <optional>

namespace troupe {

/// The cluster, as this node sees it. None if it is in no cluster, or doesn't tell just now.
metric_families cluster_metrics(const std::optional<node_list>& from);

} // namespace troupe
