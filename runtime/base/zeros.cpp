#include "runtime/base/zeros.hpp"

#include <algorithm>

namespace troupe {

shape zeros_shape(const tensor_spec& spec, std::uint32_t rows) {
  auto dims = spec.dims;
  std::replace(dims.begin(), dims.end(), std::int64_t{-1}, std::int64_t{1});
  if (rows != 0)
    dims[0] = rows;
  return dims;
}

bool zeros_are_a_guess(const tensor_spec& spec, std::uint32_t rows) {
  auto first = spec.dims.begin() + (rows != 0 && !spec.dims.empty() ? 1 : 0);
  return spec.type == datatype::bytes || std::find(first, spec.dims.end(), -1) != spec.dims.end();
}

} // namespace troupe
