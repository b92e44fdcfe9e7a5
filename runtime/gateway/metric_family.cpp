#include "runtime/gateway/metric_family.hpp"

namespace troupe {

namespace {

prometheus::MetricFamily family_of(prometheus::MetricType type, std::string name, std::string help) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

prometheus::ClientMetric& add_metric(prometheus::MetricFamily& to, metric_labels labels) {
  auto& metric = to.metric.emplace_back();
  metric.label = std::move(labels);
  return metric;
}

} // namespace

prometheus::MetricFamily counter_family(std::string name, std::string help) {
  return family_of(prometheus::MetricType::Counter, std::move(name), std::move(help));
}

prometheus::MetricFamily gauge_family(std::string name, std::string help) {
  return family_of(prometheus::MetricType::Gauge, std::move(name), std::move(help));
}

prometheus::MetricFamily histogram_family(std::string name, std::string help) {
  return family_of(prometheus::MetricType::Histogram, std::move(name), std::move(help));
}

metric_labels labels_of(const version_id& id) {
  return {{"model", id.deployment}, {"version", std::to_string(id.number)}};
}

metric_labels with_label(metric_labels to, std::string name, std::string value) {
  to.push_back({std::move(name), std::move(value)});
  return to;
}

void add_value(prometheus::MetricFamily& to, metric_labels labels, double value) {
  auto& metric = add_metric(to, std::move(labels));
  if (to.type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
}

void add_value(prometheus::MetricFamily& to, metric_labels labels, std::uint64_t value) {
  add_value(to, std::move(labels), static_cast<double>(value));
}

void add_flag(prometheus::MetricFamily& to, metric_labels labels, bool holds) {
  add_value(to, std::move(labels), holds ? 1.0 : 0.0);
}

void add_durations(prometheus::MetricFamily& to, metric_labels labels, const duration_counts& from) {
  auto& histogram = add_metric(to, std::move(labels)).histogram;
  for (std::size_t i = 0; i < duration_bounds.size(); ++i) {
    histogram.sample_count += from.buckets[i];
    histogram.bucket.push_back({histogram.sample_count, std::chrono::duration<double>(duration_bounds[i]).count()});
  }
  histogram.sample_count += from.buckets.back(); // the bucket without a bound is the serializer's
  histogram.sample_sum = static_cast<double>(from.sum_ns) / 1e9;
}

} // namespace troupe
