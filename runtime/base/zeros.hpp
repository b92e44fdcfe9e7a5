#pragma once

#include "runtime/base/tensor.hpp"

#include <cstdint>

/// What a model is tried with when nothing is known but its spec: zeros, of BYTES the texts of zero (byte_strings.hpp).
namespace troupe {

/// The shape of such an input: free dimensions are 1, but the first is `rows` if that isn't 0.
shape zeros_shape(const tensor_spec& spec, std::uint32_t rows);

/// Whether zeros are but a guess at what the input takes: a dimension can have any size, besides that of the rows, or it has texts.
bool zeros_are_a_guess(const tensor_spec& spec, std::uint32_t rows);

} // namespace troupe
