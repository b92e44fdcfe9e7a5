#include "runtime/gateway/model_config_fields.hpp"

#include <charconv>

namespace troupe {

namespace {

using json = nlohmann::json;

} // namespace

const json& field_of(const json& object, const char* key) {
  static const json absent;
  auto found = object.find(key);
  return found == object.end() ? absent : *found;
}

const json& object_of(const json& value, const std::string& path) {
  static const json empty = json::object();
  if (value.is_null())
    return empty;
  if (!value.is_object())
    throw bad_config{path + ": expected an object"};
  return value;
}

const json& list_of(const json& value, const std::string& path) {
  if (!value.is_array())
    throw bad_config{path + ": expected a list"};
  return value;
}

std::string text_of(const json& value, const std::string& path) {
  if (!value.is_string())
    throw bad_config{path + ": expected a text"};
  return value.get<std::string>();
}

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

bool flag_of(const json& value, const std::string& path) {
  if (value.is_null())
    return false;
  if (!value.is_boolean())
    throw bad_config{path + ": expected true or false"};
  return value.get<bool>();
}

std::string numbers_of(const json& value, const std::string& path, std::string text) {
  for (const auto& number : list_of(value, path))
    text += (text.empty() ? "" : ", ") + std::to_string(number_of(number, path));
  return "[" + text + "]";
}

} // namespace troupe
