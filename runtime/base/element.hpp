#pragma once

#include "runtime/base/tensor.hpp"

#include <string>

namespace troupe {

/// The element at `at` of a real datatype (FP16, BF16, FP32 or FP64), exactly.
double real_at(datatype type, const std::byte* at);

/// The element at `at` of an integer datatype or BOOL (0 or 1).
std::int64_t integer_at(datatype type, const std::byte* at);

/// Whether `real_at` is for this datatype; else `integer_at` is.
bool is_real(datatype type);

/// The element as people read it: "0.5", "-3", "true", "NaN", "-Infinity". The shortest text that reads back as the same number.
std::string element_text(datatype type, const std::byte* at);

/// The bits of the FP16 and the BF16 nearest to `value`, ties to even; infinity beyond the largest.
std::uint16_t half_bits(double value);
std::uint16_t brain_half_bits(double value);

} // namespace troupe
