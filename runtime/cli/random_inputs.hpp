#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/cli/inference_question.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe {

/// Shapes of inputs, by name.
using input_shapes = std::map<std::string, shape>;

/// "image=1,784". invalid_argument says how to write one.
result<input_shapes> parse_shapes(const std::vector<std::string>& texts);

/// An input of every kind that the model takes: reals from [0, 1), integers from 0 to 9 (so that they may be indices), BOOL 0 or 1. A free
/// dimension is `rows` where it is the batch; every other one must be in `shapes`. invalid_argument where something is missing or doesn't fit.
result<std::vector<named_tensor>> random_inputs(const model_signature& model, const input_shapes& shapes, std::uint64_t rows,
                                                std::uint64_t bytes_max, rng chance);

} // namespace troupe
