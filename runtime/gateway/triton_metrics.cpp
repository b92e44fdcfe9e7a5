#include "runtime/gateway/triton_metrics.hpp"

#include <array>
#include <map>
#include <string_view>

namespace troupe {

namespace {

struct counted_metric {
  const char* name;
  const char* help;
  std::uint64_t (*value)(const version_figures&);
};

constexpr std::uint64_t microseconds(const timed_count& from) {
  return from.ns / 1000;
}

constexpr std::array<counted_metric, 8> counters = {{
    {"nv_inference_request_success", "Requests answered with outputs",
     [](const auto& from) { return from.statistics.success.count; }},
    {"nv_inference_count", "Rows inferred; answers from the cache are not among them",
     [](const auto& from) { return from.statistics.inferences; }},
    {"nv_inference_exec_count", "Calls of the model", [](const auto& from) { return from.statistics.executions; }},
    {"nv_inference_request_duration_us", "From arrival to answer, of requests answered with outputs",
     [](const auto& from) { return microseconds(from.statistics.success); }},
    {"nv_inference_queue_duration_us", "Waiting for a batch",
     [](const auto& from) { return microseconds(from.statistics.queue); }},
    {"nv_inference_compute_input_duration_us", "Writing inputs",
     [](const auto& from) { return microseconds(from.statistics.compute_input); }},
    {"nv_inference_compute_infer_duration_us", "Running the model",
     [](const auto& from) { return microseconds(from.statistics.compute_infer); }},
    {"nv_inference_compute_output_duration_us", "Reading outputs and answering",
     [](const auto& from) { return microseconds(from.statistics.compute_output); }},
}};

/// Of versions that keep answers.
constexpr std::array<counted_metric, 4> cache_counters = {{
    {"nv_cache_num_hits_per_model", "Requests answered from the cache",
     [](const auto& from) { return from.statistics.cache_hit.count; }},
    {"nv_cache_num_misses_per_model", "Requests whose answer was not in the cache",
     [](const auto& from) { return from.statistics.cache_miss.count; }},
    {"nv_cache_hit_duration_per_model", "Looking up answers that were there, in microseconds",
     [](const auto& from) { return microseconds(from.statistics.cache_hit); }},
    {"nv_cache_miss_duration_per_model", "Looking up answers that were not there, in microseconds",
     [](const auto& from) { return microseconds(from.statistics.cache_miss); }},
}};

/// What Triton calls the reason of a failure: the node did not take the request, the model or its host failed, the client went, or something else.
const char* reason_of(error_code code) {
  switch (code) {
  case error_code::overloaded:
  case error_code::deadline_exceeded:
  case error_code::unavailable: return "REJECTED";
  case error_code::model_failed:
  case error_code::poisoned: return "BACKEND";
  case error_code::cancelled: return "CANCELED";
  default: return "OTHER";
  }
}

prometheus::MetricFamily failures(const metrics_view& from) {
  auto family = counter_family("nv_inference_request_failure", "Requests answered with an error");
  for (const auto& version : from.versions) {
    std::map<std::string, std::uint64_t> by_reason{{"BACKEND", 0}, {"CANCELED", 0}, {"OTHER", 0}, {"REJECTED", 0}};
    for (std::size_t code = 0; code < error_code_count; ++code)
      by_reason[reason_of(static_cast<error_code>(code))] += version.statistics.failures[code];
    for (const auto& [reason, count] : by_reason)
      add_value(family, with_label(labels_of(version.id), "reason", reason), count);
  }
  return family;
}

prometheus::MetricFamily pending(const metrics_view& from) {
  auto family = gauge_family("nv_inference_pending_request_count", "Requests that wait for a batch");
  for (const auto& version : from.versions)
    add_value(family, labels_of(version.id), std::uint64_t{version.counters.queued_requests});
  return family;
}

template <class Metrics>
void add_counters(metric_families& to, const Metrics& metrics, const std::vector<version_figures>& versions) {
  for (const auto& [name, help, value] : metrics) {
    auto& family = to.emplace_back(counter_family(name, help));
    for (const auto& version : versions)
      add_value(family, labels_of(version.id), value(version));
  }
}

std::vector<version_figures> caching(const std::vector<version_figures>& versions) {
  std::vector<version_figures> some;
  for (const auto& version : versions)
    if (version.caches)
      some.push_back(version);
  return some;
}

void add_machine(metric_families& to, const node_figures& node) {
  add_value(to.emplace_back(gauge_family("nv_cpu_utilization", "Share of the machine's processors that is busy, 0 to 1")), {},
            node.machine_cpu_share);
  add_value(to.emplace_back(gauge_family("nv_cpu_memory_total_bytes", "The machine's memory")), {}, node.memory.total_bytes);
  add_value(to.emplace_back(gauge_family("nv_cpu_memory_used_bytes", "The machine's memory that is in use")), {},
            node.memory.used_bytes);
}

} // namespace

metric_families triton_metrics(const metrics_view& from) {
  metric_families families;
  add_counters(families, counters, from.versions);
  families.push_back(failures(from));
  families.push_back(pending(from));
  add_counters(families, cache_counters, caching(from.versions));
  add_machine(families, from.node);
  return families;
}

} // namespace troupe
