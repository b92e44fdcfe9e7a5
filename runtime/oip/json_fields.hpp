#pragma once

#include "runtime/base/error.hpp"
#include "runtime/oip/bad_json.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Reading a JSON document field by field. Whatever is wrong is thrown as `bad_json`.
namespace troupe {

/// The value, which must be of that type.
const nlohmann::json& typed(const nlohmann::json& value, const std::string& path, nlohmann::json::value_t type);

/// The object's field, which must be there and of that type.
const nlohmann::json& field(const nlohmann::json& object, const std::string& path, const char* key, nlohmann::json::value_t type);

/// Throws if the object has another key than these.
void refuse_unknown(const nlohmann::json& object, const std::string& path, const std::vector<std::string_view>& known);

/// A value as messages show it: its JSON, shortened.
std::string json_excerpt(const nlohmann::json& value);

/// What text that is no JSON, or holds a number that no datatype does, is refused with.
error not_json(const nlohmann::json::exception& failure);

} // namespace troupe
