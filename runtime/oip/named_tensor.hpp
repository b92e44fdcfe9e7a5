#pragma once

#include "runtime/base/tensor.hpp"

#include <string>
#include <vector>

namespace troupe {

/// A tensor of our own under the name that the model gives it: row-major, little-endian, data.size() == byte_size(type, dims).
struct named_tensor {
  std::string name;
  datatype type = datatype::fp32;
  shape dims;
  std::vector<std::byte> data;
};

/// Whether FP16 and BF16 may be read from decimals, rounded to the nearest. The protocol has no such numbers in JSON.
enum class half_reals { refused, rounded };

} // namespace troupe
