#include "runtime/base/model_toml.hpp"
#include "runtime/base/model_toml_merge.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/gateway/http_reply.hpp"
#include "runtime/gateway/load_request.hpp"
#include "runtime/gateway/model_config.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace troupe {

namespace {

void check_refusal(const error& failure) {
  require(failure.code == error_code::invalid_argument && !failure.message.empty(), "a refusal says why");
  require(error_reply(failure).status == 400, "a refusal can be written");
}

/// A model without a batch, whose settings a configuration changes.
constexpr const char* base = R"(threads = 2
[[inputs]]
name = "x"
datatype = "FP32"
shape = [2]
[[outputs]]
name = "y"
datatype = "FP32"
shape = [-1]
[batching]
max_delay = "1ms"
)";

/// model.toml's own checks are all that may be left.
void check_is_toml(const std::string& text, const char* what) {
  auto spec = parse_model_toml(text, "model.toml");
  if (spec)
    return;
  check_refusal(spec.failure());
  require(spec.failure().message.find("not valid TOML") == std::string::npos, what);
}

void check_toml(const std::string& text) {
  check_is_toml(text, "a configuration becomes TOML");
  auto merged = merged_model_toml(base, text);
  require(merged.ok(), "a configuration can be merged into a model.toml");
  check_is_toml(*merged, "what was merged is TOML");
  auto again = merged_model_toml(*merged, text);
  require(again.ok() && *again == *merged, "to merge the same again changes nothing");
}

void check_config(std::string_view config) {
  auto toml = model_toml_from_config(config);
  if (toml)
    check_toml(*toml);
  else
    check_refusal(toml.failure());
}

void check_body(std::string_view body) {
  auto asked = read_load_request(body);
  if (!asked)
    return check_refusal(asked.failure());
  if (!asked->model_toml.empty())
    check_toml(asked->model_toml);
  if (asked->artifact != nullptr)
    require(asked->sha256 == sha256_of(*asked->artifact), "a file is hashed");
}

} // namespace

/// The body of a request to load a model, or, if the first byte is odd, the configuration that such a body carries.
void fuzz_one(std::string_view input) {
  if (take<std::uint8_t>(input) % 2 == 0)
    check_body(input);
  else
    check_config(input);
}

} // namespace troupe
