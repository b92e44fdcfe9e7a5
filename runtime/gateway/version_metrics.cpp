#include "runtime/gateway/version_metrics.hpp"

#include <array>

namespace troupe {

namespace {

/// The same for every version, so that histograms can be added up.
constexpr std::array<std::uint32_t, 11> batch_bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

template <class Value>
prometheus::MetricFamily gauges(const char* name, const char* help, const metrics_view& from, const Value& value) {
  auto family = gauge_family(name, help);
  for (const auto& version : from.versions)
    add_value(family, labels_of(version.id), std::uint64_t{value(version)});
  return family;
}

prometheus::MetricFamily failures(const metrics_view& from) {
  auto family = counter_family("troupe_request_failures_total", "Requests answered with an error, by its code");
  for (const auto& version : from.versions)
    for (std::size_t code = 0; code < error_code_count; ++code)
      if (auto count = version.statistics.failures[code]; count > 0)
        add_value(family, with_label(labels_of(version.id), "code", std::string(to_string(static_cast<error_code>(code)))),
                  count);
  return family;
}

prometheus::MetricFamily latencies(const metrics_view& from) {
  auto family = histogram_family("troupe_request_duration_seconds",
                                 "From arrival until the outputs are there, of requests answered with outputs");
  for (const auto& version : from.versions)
    add_durations(family, labels_of(version.id), version.statistics.latency);
  return family;
}

prometheus::ClientMetric::Histogram batch_histogram(const pool_statistics& from) {
  prometheus::ClientMetric::Histogram histogram;
  auto size = from.batch_sizes.begin();
  for (auto bound : batch_bounds) {
    for (; size != from.batch_sizes.end() && size->rows <= bound; ++size)
      histogram.sample_count += size->compute_infer.count;
    histogram.bucket.push_back({histogram.sample_count, static_cast<double>(bound)});
  }
  histogram.sample_count = from.executions;
  histogram.sample_sum = static_cast<double>(from.inferences);
  return histogram;
}

prometheus::MetricFamily batches(const metrics_view& from) {
  auto family = histogram_family("troupe_batch_rows", "Rows of the batches that the model was called with");
  for (const auto& version : from.versions) {
    auto& metric = family.metric.emplace_back();
    metric.label = labels_of(version.id);
    metric.histogram = batch_histogram(version.statistics);
  }
  return family;
}

void add_deployments(metric_families& to, const deployment_list& from) {
  auto wanted = gauge_family("troupe_replicas_wanted", "Replicas that a deployment's live version should have");
  auto ready = gauge_family("troupe_version_ready", "1 if the deployment's requests go to this version");
  for (const auto& deployment : from.deployments) {
    add_value(wanted, {{"model", deployment.record.name}}, std::uint64_t{deployment.record.wanted_replicas});
    for (const auto& version : deployment.versions)
      add_flag(ready, labels_of(version.record.id), version.serves);
  }
  to.push_back(std::move(wanted));
  to.push_back(std::move(ready));
}

void add_hosts(metric_families& to, const std::vector<host_figures>& from) {
  auto restarts = counter_family("troupe_host_restarts_total", "Hosts that were lost and replaced");
  auto cpu = counter_family("troupe_host_cpu_seconds_total", "Processor time of the replica's host");
  auto memory =
      gauge_family("troupe_host_memory_bytes", "Memory of the replica's host; what it shares with others counts in parts (PSS)");
  for (const auto& host : from) {
    auto labels = with_label(labels_of(host.id), "replica", std::to_string(host.replica));
    add_value(restarts, labels, std::uint64_t{host.restarts});
    if (host.cpu)
      add_value(cpu, labels, std::chrono::duration<double>(*host.cpu).count());
    if (host.memory_bytes)
      add_value(memory, labels, *host.memory_bytes);
  }
  to.push_back(std::move(restarts));
  to.push_back(std::move(cpu));
  to.push_back(std::move(memory));
}

} // namespace

metric_families version_metrics(const metrics_view& from) {
  metric_families families;
  families.push_back(latencies(from));
  families.push_back(failures(from));
  families.push_back(batches(from));
  families.push_back(gauges("troupe_queue_rows", "Rows that wait for a batch", from,
                            [](const auto& version) { return version.counters.queued_rows; }));
  families.push_back(gauges("troupe_queue_rows_max", "Rows that may wait for a batch", from,
                            [](const auto& version) { return version.queue_rows_max; }));
  families.push_back(gauges("troupe_replicas_ready", "Replicas that take batches", from,
                            [](const auto& version) { return version.counters.runners; }));
  add_deployments(families, from.deployments);
  add_hosts(families, from.hosts);
  return families;
}

} // namespace troupe
