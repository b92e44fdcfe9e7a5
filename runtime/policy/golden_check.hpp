#pragma once

#include "runtime/base/golden.hpp"

#include <cstddef>
#include <vector>

namespace troupe {

/// Whether `outputs`, all of the spec's in its order, are what case `case_index` of golden.json expects: shapes, and elements within the
/// tolerance. None may be NaN or infinite unless the spec allows it, also those that the case does not compare. invalid_argument names the first
/// that is wrong: `golden.json: case 2: output 'scores'[0, 3]: expected 0.97, found 0.12 (tolerance 1e-05 + 0.0001 relative)`.
result<void> check_golden(const model_spec& spec, const golden_set& set, std::size_t case_index,
                          const std::vector<tensor_view>& outputs);

} // namespace troupe
