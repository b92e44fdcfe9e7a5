#include "runtime/gateway/metrics_text.hpp"

#include "runtime/gateway/cluster_metrics.hpp"
#include "runtime/gateway/node_metrics.hpp"
#include "runtime/gateway/rollout_metrics.hpp"
#include "runtime/gateway/triton_metrics.hpp"
#include "runtime/gateway/version_metrics.hpp"

#include <prometheus/text_serializer.h>

namespace troupe {

namespace {

/// A family without a metric would be a name without a value.
void append(metric_families& to, metric_families from) {
  for (auto& family : from)
    if (!family.metric.empty())
      to.push_back(std::move(family));
}

} // namespace

std::string metrics_text(const metrics_view& from) {
  metric_families all;
  append(all, triton_metrics(from));
  append(all, version_metrics(from));
  append(all, rollout_metrics(from));
  append(all, node_metrics(from.node));
  append(all, cluster_metrics(from.cluster));
  return prometheus::TextSerializer().Serialize(all);
}

} // namespace troupe
