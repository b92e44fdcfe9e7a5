#pragma once

#include "runtime/policy/evidence/rate_evidence.hpp"

namespace troupe {

struct proportion_options {
  std::string name = "disagreement";
  double alpha = 0.05;             ///< this check's share of the rollout's
  double bound = 0.01;             ///< tolerated, in [0, 1); with 0 a single failure is proof
  std::uint64_t samples_min = 500; ///< with fewer the candidate is not fine
  double doubt = 1;                ///< nor with an e-value above this
};

/// Whether a proportion is above a bound that is fixed beforehand: disagreement with the incumbent on copies of its requests (shadow), outputs
/// that are not finite. One arm, so nothing is said of it by chance.
///
/// A mixture SPRT: with p_a = a b / (1 - b + a b), whose odds are `a` times those of the bound b, the likelihood ratio of k failures in n requests
///
///     (p_a / b)^k ((1 - p_a) / (1 - b))^(n - k)  =  a^k / (1 - b + a b)^n
///
/// grows with k and has mean 1 at the bound, at most 1 below: odds_mixture makes the products one e-value. Valid if each request fails, given
/// those before it, with a probability of at most the bound.
struct proportion_state {
  odds_mixture mixture;
  failure_count total;
};

/// invalid_argument, and nothing is changed: a count that can't be.
result<void> advance(proportion_state& state, const failure_count& batch, const proportion_options& options);

verdict judge(const proportion_state& state, const proportion_options& options);

} // namespace troupe
