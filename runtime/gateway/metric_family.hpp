#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/serving/duration_histogram.hpp"

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

/// How families of Prometheus metrics are put together; the library writes them.
namespace troupe {

using metric_label = prometheus::ClientMetric::Label;
using metric_labels = std::vector<metric_label>;
using metric_families = std::vector<prometheus::MetricFamily>;

prometheus::MetricFamily counter_family(std::string name, std::string help);
prometheus::MetricFamily gauge_family(std::string name, std::string help);
prometheus::MetricFamily histogram_family(std::string name, std::string help);

/// As Triton names them; ours are the same, so that both can be joined.
metric_labels labels_of(const version_id& id);
metric_labels with_label(metric_labels to, std::string name, std::string value);

/// To a family of counters or gauges.
void add_value(prometheus::MetricFamily& to, metric_labels labels, double value);
void add_value(prometheus::MetricFamily& to, metric_labels labels, std::uint64_t value);
void add_flag(prometheus::MetricFamily& to, metric_labels labels, bool holds);
/// To a family of histograms, in seconds.
void add_durations(prometheus::MetricFamily& to, metric_labels labels, const duration_counts& from);

} // namespace troupe
