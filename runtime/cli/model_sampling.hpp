#pragma once

#include "runtime/base/golden.hpp"
#include "runtime/cli/model_inspection.hpp"
#include "runtime/cli/starter_toml.hpp"

#include <functional>

namespace troupe {

/// Rows in one call of a model of which only is known that it takes batches.
inline constexpr std::uint32_t starter_batch = 64;

/// The inputs that forward() must be given. model_failed if one of them is no tensor, or the model calls what it may not.
result<std::vector<starter_tensor>> inputs_of(const model_inspection& found);

/// The samples ("x.npy", or "NAME=x.npy") in the order of the inputs; invalid_argument names what is missing or too much.
result<std::vector<named_tensor>> read_samples(const std::vector<std::string>& samples,
                                               const std::vector<starter_tensor>& inputs);

struct sampled_model {
  starter_model model; ///< complete
  golden_set golden;   ///< one case: the samples
};

/// Runs the model with the samples, and once more with twice their rows: if it takes these, and gives twice as many, the first dimension is the
/// batch. `run` gives the outputs.
result<sampled_model> sample_model(const std::vector<named_tensor>& samples,
                                   const std::function<result<std::vector<named_tensor>>(const std::vector<named_tensor>&)>& run);

/// The spec of a complete starter.
model_spec spec_of(const starter_model& model);

} // namespace troupe
