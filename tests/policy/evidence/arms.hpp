#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"

#include <cmath>

namespace troupe {

/// Of so many requests, those that fail; costs as many draws as there are failures.
inline failure_count drawn(rng& random, std::uint64_t requests, double rate) {
  failure_count count{0, requests};
  auto scale = std::log1p(-rate);
  for (double at = 0; rate > 0; ++count.failures) {
    at += std::floor(std::log1p(-random.unit()) / scale) + 1;
    if (at > static_cast<double>(requests))
      break;
  }
  return count;
}

} // namespace troupe
