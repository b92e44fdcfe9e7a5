#include "runtime/gateway/model_config.hpp"

#include "runtime/gateway/model_config_fields.hpp"
#include "runtime/gateway/model_config_queue.hpp"
#include "runtime/oip/json_bounds.hpp"

#include <optional>

namespace troupe {

namespace {

using json = nlohmann::json;

/// Of a ModelConfig with all its fields, those that aren't read too.
constexpr std::size_t config_depth_max = 32;

/// What changes how a model runs, and we don't do: refused, so that nobody believes that it holds.
constexpr const char* unserved[] = {"ensemble_scheduling", "sequence_batching"};
constexpr const char* unserved_of_tensors[] = {"reshape", "is_shape_tensor", "allow_ragged_batch", "optional",
                                               "is_non_linear_format_io"};

/// Of answers, where the configuration asks for a response cache; Triton's has one size for the whole server.
constexpr const char* cache_bytes = "64MiB";

/// TOML's basic strings have JSON's escapes.
std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', true, json::error_handler_t::replace);
}

/// "FP32" of "TYPE_FP32"; BYTES are TYPE_STRING
std::string datatype_of(const json& value, const std::string& path) {
  constexpr std::string_view prefix = "TYPE_";
  auto text = text_of(value, path);
  if (text.compare(0, prefix.size(), prefix) != 0)
    throw bad_config{path + ": expected a datatype like TYPE_FP32"};
  return text == "TYPE_STRING" ? "BYTES" : text.substr(prefix.size());
}

/// Whether the field is there and asks for something.
bool asks(const json& value) {
  return !value.is_null() && value != false && value != 0;
}

void refuse_unserved(const json& tensor, const std::string& path) {
  for (auto key : unserved_of_tensors)
    if (asks(field_of(tensor, key)))
      throw bad_config{path + "." + key + ": not supported; leave it out and let forward() do it"};
}

/// In a configuration the dimensions are those of one row; in a model.toml the batch stands before them.
std::string tensors_of(const json& config, const char* key, const char* table, bool batched) {
  std::string toml;
  std::size_t index = 0;
  const auto& tensors = field_of(config, key);
  if (tensors.is_null())
    return toml;
  for (const auto& tensor : list_of(tensors, key)) {
    auto path = std::string(key) + "[" + std::to_string(index++) + "]";
    if (!tensor.is_object())
      throw bad_config{path + ": expected an object"};
    refuse_unserved(tensor, path);
    toml += "[[" + std::string(table) + "]]\nname = " + quoted(text_of(field_of(tensor, "name"), path + ".name"))
            + "\ndatatype = " + quoted(datatype_of(field_of(tensor, "data_type"), path + ".data_type"))
            + "\nshape = " + numbers_of(field_of(tensor, "dims"), path + ".dims", batched ? "-1" : "") + "\n";
  }
  return toml;
}

/// Nothing if none are named.
std::optional<std::int64_t> replicas_of(const json& config) {
  const auto& groups = field_of(config, "instance_group");
  if (groups.is_null() || list_of(groups, "instance_group").empty())
    return std::nullopt;
  const auto& group = object_of(groups.front(), "instance_group[0]");
  if (field_of(group, "kind") == "KIND_GPU")
    throw bad_config{"instance_group[0].kind: models run on CPUs here; write KIND_CPU"};
  const auto& count = field_of(group, "count");
  if (count.is_null())
    return std::nullopt;
  return number_of(count, "instance_group[0].count");
}

std::string cache_of(const json& config) {
  const auto& cache = object_of(field_of(config, "response_cache"), "response_cache");
  bool wanted = flag_of(field_of(cache, "enable"), "response_cache.enable");
  return wanted ? "[cache]\nbytes = \"" + std::string(cache_bytes) + "\"\n" : "";
}

void refuse_unserved(const json& config) {
  for (auto key : unserved)
    if (asks(field_of(config, key)))
      throw bad_config{std::string(key) + ": not supported; leave it out"};
  const auto& policy = object_of(field_of(config, "model_transaction_policy"), "model_transaction_policy");
  if (flag_of(field_of(policy, "decoupled"), "model_transaction_policy.decoupled"))
    throw bad_config{"model_transaction_policy.decoupled: not supported; a request has one answer"};
}

std::string toml_of(const json& config) {
  refuse_unserved(config);
  const auto& batch = field_of(config, "max_batch_size");
  auto rows = batch.is_null() ? 0 : number_of(batch, "max_batch_size");
  std::string toml;
  if (!batch.is_null() || config.contains("input"))
    toml = "max_batch = " + std::to_string(rows) + "\n";
  if (auto replicas = replicas_of(config))
    toml += "replicas = " + std::to_string(*replicas) + "\n";
  toml += tensors_of(config, "input", "inputs", rows > 0);
  toml += tensors_of(config, "output", "outputs", rows > 0);
  toml += batching_toml(config, rows);
  toml += cache_of(config);
  return toml;
}

} // namespace

result<std::string> model_toml_from_config(std::string_view config) {
  if (auto bounded = check_json_bounds(config, config_depth_max); !bounded)
    return error{error_code::invalid_argument, "config: " + bounded.failure().message};
  auto parsed = json::parse(config, nullptr, false);
  if (!parsed.is_object())
    return error{error_code::invalid_argument, "config: expected a JSON object"};
  try {
    return toml_of(parsed);
  } catch (const bad_config& bad) {
    return error{error_code::invalid_argument, "config." + bad.message};
  }
}

std::uint32_t replicas_from_config(std::string_view config) {
  return static_cast<std::uint32_t>(replicas_of(json::parse(config)).value_or(0));
}

} // namespace troupe
