#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/model_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Largest golden.json that a node takes; checked before anything is parsed.
inline constexpr std::uint64_t golden_bytes_max = 64ULL << 20;
inline constexpr std::size_t golden_cases_max = 1000;

/// A tensor of a golden case: row-major, little-endian, of the size that its dimensions ask for.
struct golden_tensor {
  std::vector<std::int64_t> dims;
  std::vector<std::byte> data;
};

/// Inputs, and what the model gives for them.
struct golden_case {
  std::vector<golden_tensor> inputs; ///< in the order of the spec
  /// In the order of the spec; one without dims and data is not compared (the file leaves it out).
  std::vector<golden_tensor> outputs;
  std::vector<bool> compared; ///< whether the file has that output
  std::uint32_t rows = 0;     ///< 0: the model takes no batch
};

/// A number fits if |found - expected| <= absolute + relative * |expected|, as numpy.allclose has it; NaN fits NaN, an infinity itself.
/// Integers and BOOL must be equal.
struct golden_tolerance {
  double absolute = 1e-5;
  double relative = 1e-4;
};

/// A version's golden.json: what it must give wherever it runs.
struct golden_set {
  golden_tolerance tolerance;
  std::vector<golden_case> cases;
};

} // namespace troupe
