#include "runtime/oip/json_fields.hpp"

#include "runtime/base/nearest.hpp"
#include "runtime/base/printable.hpp"

#include <algorithm>

namespace troupe {

namespace {

using json = nlohmann::json;

constexpr std::size_t excerpt_bytes_max = 40;

const char* type_word(json::value_t type) {
  switch (type) {
  case json::value_t::object: return "an object";
  case json::value_t::array: return "an array";
  case json::value_t::string: return "a string";
  default: return "another value";
  }
}

} // namespace

const json& typed(const json& value, const std::string& path, json::value_t type) {
  if (value.type() != type)
    refuse_json(path, std::string("expected ") + type_word(type) + ", found " + json_excerpt(value));
  return value;
}

const json& field(const json& object, const std::string& path, const char* key, json::value_t type) {
  auto found = object.find(key);
  auto prefix = path.empty() ? "" : path + ".";
  if (found == object.end())
    refuse_json(path, std::string("field '") + key + "' is missing; expected " + type_word(type));
  return typed(*found, prefix + key, type);
}

void refuse_unknown(const json& object, const std::string& path, const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse_json(path, "field '" + printable(key.substr(0, excerpt_bytes_max)) + "' is not known; " + advice_on_key(key, known));
}

std::string json_excerpt(const json& value) {
  if (value.is_object())
    return "an object";
  if (value.is_array())
    return "an array of " + std::to_string(value.size()) + (value.size() == 1 ? " value" : " values");
  auto text = printable(value.dump(-1, ' ', true, json::error_handler_t::replace));
  return text.size() <= excerpt_bytes_max ? text : text.substr(0, excerpt_bytes_max) + "…";
}

error not_json(const json::exception& failure) {
  if (auto syntax = dynamic_cast<const json::parse_error*>(&failure))
    return {error_code::invalid_argument, "not valid JSON at byte " + std::to_string(syntax->byte)
                                              + " (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")"};
  return {error_code::invalid_argument, std::string("a number is too large for any datatype: ") + failure.what()};
}

} // namespace troupe
