#include "runtime/gateway/load_request.hpp"

#include "runtime/base/sha256.hpp"
#include "runtime/gateway/model_config.hpp"
#include "runtime/oip/json_bounds.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <cstdint>
#include <optional>

namespace troupe {

namespace {

constexpr std::string_view file_prefix = "file:";
/// The body, its parameters, and a level or two of what nobody reads.
constexpr std::size_t body_depth_max = 8;

error invalid(std::string message) {
  return {error_code::invalid_argument, std::move(message)};
}

std::optional<std::string> base64_decoded(const std::string& text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > INT32_MAX)
    return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  auto count = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                 reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (count < 0 || static_cast<std::size_t>(count) != bytes.size())
    return std::nullopt;
  // It fills the last three bytes up with zeros where the text has '='.
  auto padding = text.size() - text.find_last_not_of('=') - 1;
  if (padding > 2)
    return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

result<void> read_file(const std::string& key, const nlohmann::json& value, load_request& into) {
  if (into.artifact != nullptr)
    return invalid("parameters: one file makes a model, found a second one, '" + key + "'");
  auto bytes = value.is_string() ? base64_decoded(value.get_ref<const std::string&>()) : std::nullopt;
  if (!bytes)
    return invalid("parameters." + key + ": expected the file in base64");
  into.sha256 = sha256_of(*bytes);
  into.artifact = std::make_shared<const std::string>(std::move(*bytes));
  return {};
}

result<void> read_parameter(const std::string& key, const nlohmann::json& value, load_request& into) {
  if (key.compare(0, file_prefix.size(), file_prefix) == 0)
    return read_file(key, value, into);
  if (key != "config")
    return invalid("parameters: unknown parameter '" + key.substr(0, 80) + "'; there are config and file:VERSION/NAME");
  if (!value.is_string())
    return invalid("parameters.config: expected the configuration's JSON as a text");
  const auto& config = value.get_ref<const std::string&>();
  auto toml = model_toml_from_config(config);
  if (!toml)
    return toml.failure();
  into.model_toml = std::move(*toml);
  into.replicas = replicas_from_config(config);
  return {};
}

} // namespace

result<load_request> read_load_request(std::string_view body) {
  load_request asked;
  if (body.empty())
    return asked;
  if (auto bounded = check_json_bounds(body, body_depth_max); !bounded)
    return invalid("the body: " + bounded.failure().message);
  auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object())
    return invalid("expected a JSON object as the body");
  auto parameters = parsed.value("parameters", nlohmann::json::object());
  if (!parameters.is_object())
    return invalid("parameters: expected an object");
  for (const auto& [key, value] : parameters.items())
    if (auto read = read_parameter(key, value, asked); !read)
      return read.failure();
  if (asked.artifact != nullptr && asked.model_toml.empty())
    return invalid("parameters.config: expected beside a file, which it says how to use");
  return asked;
}

} // namespace troupe
