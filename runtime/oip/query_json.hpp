#pragma once

#include "runtime/base/tensor.hpp"
#include "runtime/oip/bad_json.hpp"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Reading an inference request's JSON while it is parsed; for this folder only. A value can be read once, and strings live as long as the
/// parser. What is wrong is thrown: bad_json, or simdjson::simdjson_error if it is no JSON at all.
namespace troupe {

using json_value = simdjson::ondemand::value;
using json_object = simdjson::ondemand::object;
using json_array = simdjson::ondemand::array;

/// The value, which must be of that type.
json_object object_of(json_value& value, const std::string& path);
json_array array_of(json_value& value, const std::string& path);
std::string_view text_of(json_value& value, const std::string& path);
bool flag_of(json_value& value, const std::string& path);
/// A whole number of 0 or more; `what` says in the message what it should have been.
std::uint64_t count_of(json_value& value, const std::string& path, const char* what);

/// Which of the specs has the name that the value is; `what` is "input" or "output".
std::size_t index_of_name(json_value& value, const std::string& path, const std::vector<tensor_spec>& specs, const char* what);

/// A value that isn't read yet, as messages show it: shortened.
std::string excerpt_of(json_value& value);
/// A text that a client sent, as messages show it.
std::string excerpt_of(std::string_view text);

/// Reads over a value that nobody wants; it must be JSON and not nested too deep.
void ignore(json_value value, const std::string& path);

/// Throws if the parameter, of an input or an output, asks for shared memory.
void refuse_shared_memory(std::string_view key, const std::string& path);

/// Throws that `path` has no field `key`.
[[noreturn]] void refuse_missing(const std::string& path, const char* key, const char* expected);

/// Calls on_field(key, value) for each field of the object that isn't null. It returns whether it knows the key (without having read the value if
/// not); a field that is known and given twice is refused.
template <class OnField>
void for_each_field(json_object& object, const std::string& path, OnField on_field) {
  std::array<std::string_view, 16> seen; // more than any object has known fields
  std::size_t count = 0;
  for (simdjson::ondemand::field field : object) {
    std::string_view key = field.unescaped_key().value();
    json_value value = field.value();
    if (value.is_null().value())
      continue;
    if (!on_field(key, value)) {
      ignore(value, path);
      continue;
    }
    for (std::size_t i = 0; i < count; ++i)
      if (seen[i] == key)
        refuse_json(path, "field '" + std::string(key) + "' is given more than once");
    seen.at(count++) = key;
  }
}

} // namespace troupe
