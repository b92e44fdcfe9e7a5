#pragma once

#include "runtime/base/error.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// What the model.toml `base` says, but where `changes` says something: its keys take the place of the base's, those in tables like [batching] one by
/// one, [[inputs]] and [[outputs]] as a whole. Comments are lost. invalid_argument if one of the two is no TOML.
result<std::string> merged_model_toml(std::string_view base, std::string_view changes);

} // namespace troupe
