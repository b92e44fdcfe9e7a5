#pragma once

#include "runtime/base/golden.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// Reads a golden.json:
///
///     {"tolerance": {"absolute": 1e-5, "relative": 1e-4},
///      "cases": [{"inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 64], "data": [0.0, …]}],
///                 "outputs": [{"name": "scores", "datatype": "FP32", "shape": [1, 10], "data": [0.97, …]}]}]}
///
/// Tensors stand as the Open Inference Protocol writes them, `data` flat or nested; FP16 and BF16 as decimals, rounded to the nearest; NaN and
/// infinities as the strings "NaN", "Infinity" and "-Infinity". The tolerance, and each of its two numbers, may be left out. A case has every
/// input of the spec once and at least one output; an output that is left out is not compared. Rows agree, 1 to max_batch of them.
///
/// Sizes are checked before anything is parsed. invalid_argument names file, case (from 0), tensor, index, what was expected and what was found:
/// `golden.json: case 2: input 'image'.data[3]: expected a number, …, found null`.
result<golden_set> parse_golden(std::string_view text, std::string_view file_name, const model_spec& spec);

/// The text that reads back as the same set; a case stands on a line of its own.
std::string write_golden(const golden_set& set, const model_spec& spec);

} // namespace troupe
