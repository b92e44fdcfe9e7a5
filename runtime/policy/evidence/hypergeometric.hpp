#pragma once

#include <cstdint>

namespace troupe {

/// ln(n!), to ten digits or more. (std::lgamma writes a global.)
double log_factorial(std::uint64_t n);

/// Two arms' requests, and how many of them failed in all: what is given when Fisher's noncentral hypergeometric distribution asks how many of the
/// failures are the candidate's.
struct two_arm_table {
  std::uint64_t candidate = 0;
  std::uint64_t incumbent = 0;
  std::uint64_t failures = 0; ///< at most candidate + incumbent
};

/// ln of the sum over all k that can be of C(candidate, k) C(incumbent, failures - k) odds^k: what that distribution (Fisher 1935) is normalised by.
/// Summed outwards from the mode until nothing is added any more (J. G. Liao & O. Rosen 2001), so that it costs about the square root of the failures.
double log_weight_sum(const two_arm_table& table, double odds);

} // namespace troupe
