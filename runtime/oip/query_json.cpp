#include "runtime/oip/query_json.hpp"

#include "runtime/base/nearest.hpp"
#include "runtime/base/printable.hpp"

#include <algorithm>

namespace troupe {

namespace {

using simdjson::ondemand::json_type;

constexpr std::size_t token_bytes_max = 40;
constexpr std::size_t text_bytes_max = 128;
constexpr int ignored_depth_max = 100;

/// At most so many bytes of the text, cut between two characters.
std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return printable(text);
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return printable(text.substr(0, end)) + "…";
}

void need(json_value& value, const std::string& path, json_type type, const char* expected) {
  if (value.type().value() != type)
    refuse_json(path, std::string("expected ") + expected + ", found " + excerpt_of(value));
}

void ignore_scalar(json_value& value, json_type type) {
  switch (type) {
  case json_type::string: value.get_string().value(); return;
  case json_type::number: value.get_double().value(); return;
  case json_type::boolean: value.get_bool().value(); return;
  default:
    if (!value.is_null().value())
      throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
  }
}

void ignore_down(json_value value, const std::string& path, int depth) {
  auto type = value.type().value();
  if (type != json_type::object && type != json_type::array)
    return ignore_scalar(value, type);
  if (depth == ignored_depth_max)
    refuse_json(path, "is nested deeper than " + std::to_string(ignored_depth_max) + " levels, which nothing in it needs");
  if (type == json_type::array) {
    for (json_value each : value.get_array())
      ignore_down(each, path, depth + 1);
    return;
  }
  for (simdjson::ondemand::field field : value.get_object()) {
    field.unescaped_key().value();
    ignore_down(field.value(), path, depth + 1);
  }
}

} // namespace

json_object object_of(json_value& value, const std::string& path) {
  need(value, path, json_type::object, "an object");
  return value.get_object().value();
}

json_array array_of(json_value& value, const std::string& path) {
  need(value, path, json_type::array, "an array");
  return value.get_array().value();
}

std::string_view text_of(json_value& value, const std::string& path) {
  need(value, path, json_type::string, "a string");
  return value.get_string().value();
}

bool flag_of(json_value& value, const std::string& path) {
  need(value, path, json_type::boolean, "true or false");
  return value.get_bool().value();
}

std::uint64_t count_of(json_value& value, const std::string& path, const char* what) {
  std::uint64_t count = 0;
  if (value.get_uint64().get(count) != simdjson::SUCCESS)
    refuse_json(path, std::string("expected ") + what + ", found " + excerpt_of(value));
  return count;
}

std::size_t index_of_name(json_value& value, const std::string& path, const std::vector<tensor_spec>& specs, const char* what) {
  auto name = text_of(value, path);
  auto found = std::find_if(specs.begin(), specs.end(), [name](const tensor_spec& spec) { return spec.name == name; });
  if (found != specs.end())
    return static_cast<std::size_t>(found - specs.begin());
  std::vector<std::string_view> names;
  for (const auto& spec : specs)
    names.push_back(spec.name);
  refuse_json(path, "'" + excerpt_of(name) + "' is no " + what + " of this model; " + advice_on_key(name, names));
}

std::string excerpt_of(json_value& value) {
  auto type = value.type().value();
  if (type == json_type::object)
    return "an object";
  if (type == json_type::array)
    return "an array of " + count_text(value.count_elements().value(), "value");
  auto token = value.raw_json_token();
  auto last = token.find_last_not_of(" \t\r\n");
  return shortened(token.substr(0, last + 1), token_bytes_max);
}

std::string excerpt_of(std::string_view text) {
  return shortened(text, text_bytes_max);
}

void ignore(json_value value, const std::string& path) {
  ignore_down(value, path, 0);
}

void refuse_shared_memory(std::string_view key, const std::string& path) {
  constexpr std::string_view prefix = "shared_memory_";
  if (key.substr(0, prefix.size()) == prefix)
    refuse_json(path + "." + excerpt_of(key), "shared memory is not supported; send the data in the request");
}

void refuse_missing(const std::string& path, const char* key, const char* expected) {
  refuse_json(path, std::string("field '") + key + "' is missing; expected " + expected);
}

} // namespace troupe
