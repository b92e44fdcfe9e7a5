#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

/// Reading the JSON of Triton's ModelConfig field by field; for the files model_config*.cpp only. What is wrong is thrown as bad_config.
namespace troupe {

/// Caught where the configuration is read.
struct bad_config {
  std::string message;
};

/// The field, null if it isn't there.
const nlohmann::json& field_of(const nlohmann::json& object, const char* key);

/// The object, which may be absent.
const nlohmann::json& object_of(const nlohmann::json& value, const std::string& path);
const nlohmann::json& list_of(const nlohmann::json& value, const std::string& path);
std::string text_of(const nlohmann::json& value, const std::string& path);
/// A whole number, which Protobuf's JSON may write as a text.
std::int64_t number_of(const nlohmann::json& value, const std::string& path);
/// False if it is absent.
bool flag_of(const nlohmann::json& value, const std::string& path);

/// "[4, 8]" of a list of whole numbers.
std::string numbers_of(const nlohmann::json& value, const std::string& path, std::string text = "");

} // namespace troupe
