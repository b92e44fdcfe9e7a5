#include "runtime/gateway/model_config.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdint>

namespace troupe {

namespace {

using json = nlohmann::json;

/// Caught where the configuration is read.
struct bad_config {
  std::string message;
};

/// The field, null if it isn't there.
const json& field_of(const json& object, const char* key) {
  static const json absent;
  auto found = object.find(key);
  return found == object.end() ? absent : *found;
}

/// A whole number, which Protobuf's JSON may write as a text.
std::int64_t number_of(const json& value, const std::string& path) {
  if (value.is_number_integer())
    return value.get<std::int64_t>();
  std::int64_t number = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && !text.empty())
      return number;
  }
  throw bad_config{path + ": expected a whole number"};
}

std::string text_of(const json& value, const std::string& path) {
  if (!value.is_string())
    throw bad_config{path + ": expected a text"};
  return value.get<std::string>();
}

const json& list_of(const json& value, const std::string& path) {
  if (!value.is_array())
    throw bad_config{path + ": expected a list"};
  return value;
}

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

/// In a configuration the dimensions are those of one row; in a model.toml the batch stands before them.
std::string shape_of(const json& value, const std::string& path, bool batched) {
  std::string text = batched ? "-1" : "";
  for (const auto& dim : list_of(value, path))
    text += (text.empty() ? "" : ", ") + std::to_string(number_of(dim, path));
  return "[" + text + "]";
}

std::string tensors_of(const json& config, const char* key, const char* table, bool batched) {
  std::string toml;
  std::size_t index = 0;
  for (const auto& tensor : list_of(field_of(config, key), key)) {
    auto path = std::string(key) + "[" + std::to_string(index++) + "]";
    if (!tensor.is_object())
      throw bad_config{path + ": expected an object"};
    toml += "[[" + std::string(table) + "]]\nname = " + quoted(text_of(field_of(tensor, "name"), path + ".name"))
            + "\ndatatype = " + quoted(datatype_of(field_of(tensor, "data_type"), path + ".data_type"))
            + "\nshape = " + shape_of(field_of(tensor, "dims"), path + ".dims", batched) + "\n";
  }
  return toml;
}

std::string replicas_of(const json& config) {
  const auto& groups = field_of(config, "instance_group");
  if (groups.is_null() || list_of(groups, "instance_group").empty())
    return "";
  const auto& group = groups.front();
  const auto& count = group.is_object() ? field_of(group, "count") : group;
  return count.is_null() ? "" : "replicas = " + std::to_string(number_of(count, "instance_group[0].count")) + "\n";
}

std::string batching_of(const json& config) {
  const auto& batching = field_of(config, "dynamic_batching");
  if (!batching.is_object())
    return "";
  std::string toml = "[batching]\n";
  const auto& delay = field_of(batching, "max_queue_delay_microseconds");
  if (!delay.is_null())
    toml += "max_delay = \"" + std::to_string(number_of(delay, "dynamic_batching.max_queue_delay_microseconds")) + "us\"\n";
  const auto& preferred = field_of(batching, "preferred_batch_size");
  if (!preferred.is_null() && !list_of(preferred, "dynamic_batching.preferred_batch_size").empty())
    toml += "preferred_batch = " + shape_of(preferred, "dynamic_batching.preferred_batch_size", false) + "\n";
  return toml;
}

std::string toml_of(const json& config) {
  const auto& batch = field_of(config, "max_batch_size");
  auto rows = batch.is_null() ? 0 : number_of(batch, "max_batch_size");
  auto toml = "max_batch = " + std::to_string(rows) + "\n";
  toml += replicas_of(config); // one after the other, so that the first mistake is told
  toml += tensors_of(config, "input", "inputs", rows > 0);
  toml += tensors_of(config, "output", "outputs", rows > 0);
  toml += batching_of(config);
  return toml;
}

} // namespace

result<std::string> model_toml_from_config(std::string_view config) {
  auto parsed = json::parse(config, nullptr, false);
  if (!parsed.is_object())
    return error{error_code::invalid_argument, "config: expected a JSON object"};
  try {
    return toml_of(parsed);
  } catch (const bad_config& bad) {
    return error{error_code::invalid_argument, "config." + bad.message};
  }
}

} // namespace troupe
