#pragma once

#include "runtime/base/error.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// A model.toml that says what the JSON of Triton's ModelConfig does: max_batch_size, input, output, instance_group (of the first: count),
/// dynamic_batching, response_cache. What would change how the model runs and we don't do is refused; all else is of no interest here. What the
/// configuration doesn't name is for parse_model_toml to refuse. invalid_argument names the field, what was expected and what was found.
result<std::string> model_toml_from_config(std::string_view config);

} // namespace troupe
