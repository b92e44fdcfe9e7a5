#pragma once

#include "runtime/base/error.hpp"
#include "runtime/policy/evidence/odds_mixture.hpp"
#include "runtime/policy/evidence/verdict.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// What a batch counts at most: more is a difference of counters that went wrong.
inline constexpr std::uint64_t requests_max = 1ULL << 40;

/// Of some requests, how many failed.
struct failure_count {
  std::uint64_t failures = 0;
  std::uint64_t requests = 0;

  double rate() const { return requests == 0 ? 0 : static_cast<double>(failures) / static_cast<double>(requests); }
};

/// invalid_argument: more failures than requests, or more than requests_max.
result<void> check_count(const failure_count& count);

/// From one look to the next of a counter that only grows. invalid_argument: it has gone down; who asks must have seen to a counter that began anew.
result<failure_count> since(const failure_count& now, const failure_count& before);

failure_count operator+(const failure_count& a, const failure_count& b);

/// What both arms did since the last look, in the same time.
struct rate_batch {
  failure_count candidate;
  failure_count incumbent;
};

struct rate_options {
  std::string name = "error rate";
  double alpha = 0.05;             ///< this check's share of the rollout's
  double odds_tolerated = 1;       ///< how many times the incumbent's odds of a failure the candidate's may be
  double rate_tolerated = 0;       ///< a candidate that fails so seldom or less is never called worse
  std::uint64_t samples_min = 500; ///< of each arm; with fewer the candidate is not fine
  double doubt = 1;                ///< nor with an e-value above this: the data speak against it, and may yet prove it
};

/// Whether the candidate fails more often than the incumbent, from counts alone, valid however often one looks.
///
/// Batch by batch, with n1 and n0 requests of which k1 of m failures are the candidate's: if its odds of a failure are `a` times the
/// incumbent's, then k1 given n1, n0 and m has Fisher's noncentral hypergeometric distribution,
///
///     P_a(k1) = C(n1, k1) C(n0, m - k1) a^k1 / sum over k of C(n1, k) C(n0, m - k) a^k
///
/// in which the rate itself, which may change from batch to batch, does not appear. The ratio P_a(k1) / P_r(k1) for a > r, the tolerated
/// odds ratio, has mean 1 if r is the true odds ratio, and since it grows with k1, and k1 is the smaller the smaller the odds ratio is,
/// at most 1 if the true one is below r: so products of it are nonnegative supermartingales under all of "no more than r", and odds_mixture makes
/// them one e-value. For r = 1 it needs no more than that which arm serves a request is left to chance: if the versions are identical,
/// failures may come in bursts and depend on each other. A batch may end whenever one likes, as long as that depends on the past and on numbers of
/// requests, not on failures.
///
/// What it can't see: requests that are no chance draw. Keys that stick to an arm and fail again and again, or one bad node that has replicas of one arm only,
/// look like a difference of the versions.
struct rate_state {
  odds_mixture mixture;
  rate_batch pending; ///< waits for the arm that has none yet: then nothing can be compared
  rate_batch total;
};

/// invalid_argument, and nothing is changed: a count that can't be, or tolerated odds that are not above 0.
result<void> advance(rate_state& state, const rate_batch& batch, const rate_options& options);

verdict judge(const rate_state& state, const rate_options& options);

} // namespace troupe
