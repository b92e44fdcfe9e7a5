#include "runtime/gateway/http_documents.hpp"

#include "runtime/gateway/model_config_queue.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

/// What Triton calls TorchScript models.
constexpr const char* platform = "pytorch_libtorch";

std::string written(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

json tensors(const std::vector<tensor_spec>& specs) {
  auto list = json::array();
  for (const auto& spec : specs)
    list.push_back({{"name", spec.name}, {"datatype", to_string(spec.type)}, {"shape", spec.dims}});
  return list;
}

std::string configured_type(datatype type) {
  return type == datatype::bytes ? "TYPE_STRING" : "TYPE_" + std::string(to_string(type));
}

/// In a ModelConfig the dimensions are those of one row.
json configured_tensors(const model_spec& model, const std::vector<tensor_spec>& specs) {
  auto list = json::array();
  for (const auto& spec : specs) {
    auto dims = spec.dims;
    if (model.max_batch > 0)
      dims.erase(dims.begin());
    list.push_back({{"name", spec.name}, {"data_type", configured_type(spec.type)}, {"dims", dims}});
  }
  return list;
}

json counted(const timed_count& from) {
  return {{"count", from.count}, {"ns", from.ns}};
}

json batch_statistics(const pool_statistics& from) {
  auto list = json::array();
  for (const auto& size : from.batch_sizes)
    list.push_back({{"batch_size", size.rows},
                    {"compute_input", counted(size.compute_input)},
                    {"compute_infer", counted(size.compute_infer)},
                    {"compute_output", counted(size.compute_output)}});
  return list;
}

std::int64_t unix_ms(std::optional<wall_time> at) {
  return at ? std::chrono::duration_cast<std::chrono::milliseconds>(at->time_since_epoch()).count() : 0;
}

json statistics(const spread& target) {
  auto here = target.local();
  auto from = here == nullptr ? pool_statistics() : here->statistics();
  json inference{{"success", counted(from.success)},
                 {"fail", counted(from.fail)},
                 {"queue", counted(from.queue)},
                 {"compute_input", counted(from.compute_input)},
                 {"compute_infer", counted(from.compute_infer)},
                 {"compute_output", counted(from.compute_output)},
                 {"cache_hit", counted(from.cache_hit)},
                 {"cache_miss", counted(from.cache_miss)}};
  return {{"name", target.id().deployment},
          {"version", std::to_string(target.id().number)},
          {"last_inference", unix_ms(from.last_inference)},
          {"inference_count", from.inferences},
          {"execution_count", from.executions},
          {"inference_stats", std::move(inference)},
          {"batch_stats", batch_statistics(from)}};
}

const char* repository_state(const version_view& version) {
  if (version.serves)
    return "READY";
  if (version.draining)
    return "UNLOADING";
  return is_rolling(version.record.state) ? "LOADING" : "UNAVAILABLE";
}

std::string why_unavailable(const version_view& version) {
  return version.record.reason.empty() ? std::string(to_string(version.record.state)) : version.record.reason;
}

} // namespace

std::string server_document(std::string_view name, std::string_view software_version) {
  return written(
      {{"name", name},
       {"version", software_version},
       {"extensions",
        {"binary_tensor_data", "classification", "model_configuration", "model_repository", "schedule_policy", "statistics"}}});
}

std::string model_list_document(const routing_table& routes) {
  auto names = json::array();
  for (const auto& [name, where] : routes)
    if (where.target != nullptr)
      names.push_back(name);
  return written({{"models", std::move(names)}});
}

std::string model_metadata_document(const spread& target) {
  return written({{"name", target.id().deployment},
                  {"versions", {std::to_string(target.id().number)}},
                  {"platform", platform},
                  {"inputs", tensors(target.spec().inputs)},
                  {"outputs", tensors(target.spec().outputs)}});
}

std::string model_ready_document(const spread& target) {
  return written({{"name", target.id().deployment}, {"ready", true}});
}

std::string model_config_document(const spread& target) {
  const auto& spec = target.spec();
  const auto& name = target.id().deployment;
  json config{
      {"name", name},
      {"platform", platform},
      {"backend", "pytorch"},
      {"version_policy", {{"specific", {{"versions", {target.id().number}}}}}},
      {"max_batch_size", spec.max_batch},
      {"input", configured_tensors(spec, spec.inputs)},
      {"output", configured_tensors(spec, spec.outputs)},
      {"instance_group", {{{"name", name}, {"kind", "KIND_CPU"}, {"count", std::max<std::uint32_t>(target.replicas(), 1)}}}},
      {"default_model_filename", "model.pt"}};
  if (spec.max_batch > 0)
    config["dynamic_batching"] = batching_config(spec);
  config["response_cache"] = {{"enable", spec.cache_bytes > 0}};
  return written(config);
}

std::string statistics_document(const std::vector<std::shared_ptr<spread>>& targets) {
  auto list = json::array();
  for (const auto& target : targets)
    list.push_back(statistics(*target));
  return written({{"model_stats", std::move(list)}});
}

std::string repository_document(const deployment_list& deployments, bool only_ready) {
  auto list = json::array();
  for (const auto& deployment : deployments.deployments)
    for (const auto& version : deployment.versions) {
      if (only_ready && !version.serves)
        continue;
      json entry{{"name", deployment.record.name},
                 {"version", std::to_string(version.record.id.number)},
                 {"state", repository_state(version)}};
      if (!version.serves)
        entry["reason"] = why_unavailable(version);
      list.push_back(std::move(entry));
    }
  return written(list);
}

} // namespace troupe
