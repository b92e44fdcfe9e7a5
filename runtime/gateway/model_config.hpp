#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// A model.toml that says what the JSON of Triton's ModelConfig does: max_batch_size, input, output, instance_group (of the first: count),
/// dynamic_batching, response_cache. What would change how the model runs and we don't do is refused; all else is of no interest here. What the
/// configuration doesn't name is not in the model.toml either, be it for parse_model_toml to refuse; but one that names inputs and no
/// max_batch_size is of a model without a batch. invalid_argument names the field, what was expected and what was found.
result<std::string> model_toml_from_config(std::string_view config);

/// The count of the first instance_group, 0 if there is none, of a configuration that model_toml_from_config could read.
std::uint32_t replicas_from_config(std::string_view config);

} // namespace troupe
