#pragma once

#include "runtime/base/model_spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What is known of an input or output; the rest is for a person to fill in.
struct starter_tensor {
  std::string name;
  std::optional<datatype> type;
  std::optional<shape> dims;
};

struct starter_model {
  std::vector<starter_tensor> inputs;
  std::vector<starter_tensor> outputs;
  std::optional<std::uint32_t> max_batch;
};

/// Whether nothing is left to fill in.
bool is_complete(const starter_model& model);

/// A model.toml. What isn't known stands as "?" with a comment that says what belongs there; parse_model_toml refuses it until then.
std::string starter_toml(const starter_model& model);

} // namespace troupe
