#include "runtime/gateway/metrics_text.hpp"

#include <array>
#include <cstdio>
#include <functional>
#include <map>

namespace troupe {

namespace {

/// A version's figures, read once for the whole page.
struct version_figures {
  std::string labels; ///< model="digits",version="2"
  pool_statistics statistics;
  pool::counters counters;
};

struct family {
  const char* name;
  const char* help;
  const char* type;
  std::function<std::uint64_t(const version_figures&)> value;
};

/// Names are 1 to 63 of a-z, 0-9, '-' and '_' (valid_deployment_name), so they need no escapes.
std::string labels_of(const version_id& id) {
  return "model=\"" + id.deployment + "\",version=\"" + std::to_string(id.number) + "\"";
}

std::uint64_t microseconds(const timed_count& from) {
  return from.ns / 1000;
}

void begin_family(std::string& page, const char* name, const char* help, const char* type) {
  page += "# HELP " + std::string(name) + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void add_sample(std::string& page, const std::string& name, const std::string& labels, const std::string& value) {
  page += name + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
}

void add_sample(std::string& page, const std::string& name, const std::string& labels, std::uint64_t value) {
  add_sample(page, name, labels, std::to_string(value));
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

const std::vector<family>& families() {
  static const std::vector<family> all = {
      {"nv_inference_request_success", "Requests answered with outputs", "counter",
       [](const auto& from) { return from.statistics.success.count; }},
      {"nv_inference_request_failure", "Requests answered with an error", "counter",
       [](const auto& from) { return from.statistics.fail.count; }},
      {"nv_inference_count", "Rows inferred", "counter", [](const auto& from) { return from.statistics.inferences; }},
      {"nv_inference_exec_count", "Calls of the model", "counter", [](const auto& from) { return from.statistics.executions; }},
      {"nv_inference_request_duration_us", "From arrival to answer, all requests together", "counter",
       [](const auto& from) { return microseconds(from.statistics.success); }},
      {"nv_inference_queue_duration_us", "Waiting for a batch", "counter",
       [](const auto& from) { return microseconds(from.statistics.queue); }},
      {"nv_inference_compute_input_duration_us", "Writing inputs", "counter",
       [](const auto& from) { return microseconds(from.statistics.compute_input); }},
      {"nv_inference_compute_infer_duration_us", "Running the model", "counter",
       [](const auto& from) { return microseconds(from.statistics.compute_infer); }},
      {"nv_inference_compute_output_duration_us", "Reading outputs and answering", "counter",
       [](const auto& from) { return microseconds(from.statistics.compute_output); }},
      {"nv_inference_pending_request_count", "Rows that wait for a batch", "gauge",
       [](const auto& from) { return from.counters.queued_rows; }},
      {"troupe_queue_rows", "Rows that wait for a batch", "gauge", [](const auto& from) { return from.counters.queued_rows; }},
      {"troupe_replicas_ready", "Replicas that take batches", "gauge", [](const auto& from) { return from.counters.runners; }},
  };
  return all;
}

void add_failures(std::string& page, const std::vector<version_figures>& versions) {
  begin_family(page, "troupe_request_failures_total", "Requests answered with an error, by its code", "counter");
  for (const auto& version : versions)
    for (std::size_t code = 0; code < error_code_count; ++code)
      if (auto count = version.statistics.failures[code]; count > 0)
        add_sample(page, "troupe_request_failures_total",
                   version.labels + ",code=\"" + std::string(to_string(static_cast<error_code>(code))) + "\"", count);
}

void add_latency(std::string& page, const std::vector<version_figures>& versions) {
  const std::string name = "troupe_request_duration_seconds";
  begin_family(page, name.c_str(), "From arrival until the outputs are there, of requests answered with outputs", "histogram");
  for (const auto& [labels, statistics, counters] : versions) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < latency_bounds.size(); ++i) {
      total += statistics.latency[i];
      add_sample(page, name + "_bucket", labels + ",le=\"" + seconds(static_cast<double>(latency_bounds[i].count()) / 1e6) + "\"",
                 total);
    }
    total += statistics.latency.back();
    add_sample(page, name + "_bucket", labels + ",le=\"+Inf\"", total);
    add_sample(page, name + "_sum", labels, seconds(static_cast<double>(statistics.success.ns) / 1e9));
    add_sample(page, name + "_count", labels, total);
  }
}

void add_restarts(std::string& page, const deployment_list& from) {
  begin_family(page, "troupe_replica_restarts", "Hosts lost and replaced since the replicas that there are were started",
               "gauge");
  for (const auto& deployment : from.deployments)
    for (const auto& version : deployment.versions) {
      std::uint64_t restarts = 0;
      for (const auto& replica : version.pool.replicas)
        restarts += replica.restarts;
      if (!version.pool.replicas.empty())
        add_sample(page, "troupe_replica_restarts", labels_of(version.record.id), restarts);
    }
}

/// One for each version, though a pool that ends and the one in its place may both live.
std::vector<version_figures> figures_of(const std::vector<std::shared_ptr<pool>>& pools) {
  std::map<std::string, version_figures> by_labels;
  for (const auto& target : pools) {
    auto labels = labels_of(target->id());
    by_labels[labels] = {labels, target->statistics(), target->count()};
  }
  std::vector<version_figures> all;
  for (auto& [labels, figures] : by_labels)
    all.push_back(std::move(figures));
  return all;
}

} // namespace

std::string metrics_text(const metrics_view& from) {
  auto versions = figures_of(from.pools);
  std::string page;
  for (const auto& [name, help, type, value] : families()) {
    begin_family(page, name, help, type);
    for (const auto& version : versions)
      add_sample(page, name, version.labels, value(version));
  }
  add_failures(page, versions);
  add_latency(page, versions);
  add_restarts(page, from.deployments);
  begin_family(page, "troupe_node_resident_bytes", "Memory of the node's own process", "gauge");
  add_sample(page, "troupe_node_resident_bytes", "", from.resident_bytes);
  return page;
}

} // namespace troupe
