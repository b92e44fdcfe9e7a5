#pragma once

#include "runtime/base/error.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// A model.toml that says what the JSON of Triton's ModelConfig does, as far as both know of it; the rest has its defaults. What the configuration
/// doesn't name is for parse_model_toml to refuse. invalid_argument names the field, what was expected and what was found.
result<std::string> model_toml_from_config(std::string_view config);

} // namespace troupe
