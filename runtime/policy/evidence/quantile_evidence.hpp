#pragma once

#include "runtime/policy/evidence/latency_buckets.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"

#include <vector>

namespace troupe {

/// One quantile that is watched.
struct quantile_check {
  double quantile = 0.99;          ///< in (0, 1)
  double slowdown_tolerated = 1.1; ///< the candidate may take so many times as long; at least 1
  std::uint64_t margin_us =
      0; ///< and so much longer besides: an arm with few requests has colder caches, which says nothing of the version
};

struct quantile_options {
  std::string name = "latency"; ///< or whatever else is measured in microseconds, e.g. CPU time
  std::vector<quantile_check> checks = {{0.5, 1.1}, {0.95, 1.1}, {0.99, 1.1}};
  double alpha = 0.05;             ///< of each of them
  std::uint64_t samples_min = 500; ///< of each arm; with fewer the candidate is not fine
  std::uint64_t tail_min = 5;      ///< requests of the incumbent beyond the quantile before it is believed
  double doubt = 1;                ///< as of rate_options
};

/// What both arms' requests took since the last look. A request that was given up counts with the time it was given.
struct latency_batch {
  latency_buckets candidate;
  latency_buckets incumbent;
};

struct quantile_check_state {
  std::uint64_t threshold_us = 0; ///< of the incumbent, for the batch to come; 0: not yet known
  rate_state exceedances;
};

/// Whether the candidate's latency at a quantile is worse than the incumbent's by more than is tolerated, valid however often one looks.
///
/// Before each batch a threshold T is read from what the incumbent did in the batches before it: its quantile q. In the batch, a request of the
/// incumbent fails if it takes longer than T, one of the candidate if it takes longer than slowdown_tolerated * T + margin_us; rate_evidence compares how often.
/// This is valid whatever T is, as T is fixed before the batch: given the past, these are Bernoulli draws in both arms, and a candidate
/// that is slower by no more than the tolerated factor (whose latency, divided by it, is stochastically no larger than the incumbent's of the same time) has odds of
/// failure no higher than the incumbent's: the null of rate_evidence. A T that is a poor estimate, or of a time when load was lower, costs power,
/// not validity. As T settles at the incumbent's true quantile, the test is one of "the candidate's quantile q is above slowdown_tolerated times
/// the incumbent's". (Confidence sequences for quantiles themselves: S. R. Howard & A. Ramdas, "Sequential estimation of quantiles with
/// applications to A/B testing and best-arm identification", 2022; they need more requests at p99, as they must bound both quantiles, and both
/// arms to be stationary.)
struct quantile_state {
  latency_buckets candidate; ///< all of it
  latency_buckets incumbent;
  std::vector<quantile_check_state> checks; ///< one for each of the options'; empty before the first batch
};

/// invalid_argument, and nothing is changed: a count that can't be, or options with another number of checks than before.
result<void> advance(quantile_state& state, const latency_batch& batch, const quantile_options& options);

/// One for each check: "p99 latency 34 ms against 21 ms with 1.1 times tolerated, 4 % beyond it against 1 %, e-value 41 > 20 after 512 requests".
std::vector<verdict> judge(const quantile_state& state, const quantile_options& options);

} // namespace troupe
