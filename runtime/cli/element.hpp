#pragma once

#include "runtime/base/tensor.hpp"

namespace troupe {

/// The element at `at` of a real datatype (FP16, BF16, FP32 or FP64), exactly.
double real_at(datatype type, const std::byte* at);

/// The element at `at` of an integer datatype or BOOL (0 or 1).
std::int64_t integer_at(datatype type, const std::byte* at);

/// Whether `real_at` is for this datatype; else `integer_at` is.
bool is_real(datatype type);

} // namespace troupe
