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

} // namespace troupe
