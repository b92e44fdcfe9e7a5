#pragma once

#include "runtime/base/tensor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// The protocol's classification: of each row its largest elements.
struct top_classes {
  shape dims;                     ///< [rows, classes], or [classes]
  std::vector<std::string> texts; ///< "value:index", row by row, the largest first
};

/// At most `classes` of each row, or of the whole tensor if its first dimension is no batch. Of equal elements the first comes first; NaN
/// comes last.
top_classes classify(const tensor_view& tensor, bool batched, std::uint32_t classes);

} // namespace troupe
