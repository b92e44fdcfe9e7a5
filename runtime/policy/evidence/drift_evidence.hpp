#pragma once

#include "runtime/base/error.hpp"
#include "runtime/policy/evidence/drift.hpp"
#include "runtime/policy/evidence/verdict.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// What the bins are.
enum class drift_kind : std::uint8_t {
  numbers, ///< ordered: compared by the Kolmogorov-Smirnov distance
  classes, ///< compared by the class mix distance
};

struct drift_options {
  std::string name = "output drift";
  drift_kind kind = drift_kind::numbers;
  double alpha = 0.05;               ///< this check's share of the rollout's
  double distance_tolerated = 0.1;   ///< a new version may answer somewhat differently: that is what it is for
  std::uint64_t samples_min = 500;   ///< of each arm; with fewer the candidate is not fine
  std::uint64_t first_look_at = 100; ///< requests of each arm
};

/// Outputs of both arms since the last look.
struct drift_batch {
  bin_counts candidate;
  bin_counts incumbent;
};

/// Whether the candidate's outputs are distributed otherwise than the incumbent's on requests of the same time, by more than is tolerated.
///
/// Looked at for proof when the smaller arm has first_look_at requests, and each time it has half as many again; look j = 1, 2, … spends
/// alpha / (j (j + 1)), which sums to alpha, half of it on each arm. With the rest, 1 - alpha in all, every arm's distribution is at every look within r of
/// what was counted, so the true distance is within r1 + r0 of the one that was measured, and `certain` is the largest such lower bound:
/// - numbers: r = sqrt(ln(2 / a) / 2 n), the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant (1990);
/// - classes: of k bins that came at all or might have, r = the smaller of sqrt((k ln 2 + ln(1 / a)) / 2 n) (T. Weissman et al. 2003) and
///   sqrt((k - 1) / n) / 2 + sqrt(ln(1 / a) / 2 n) (the mean by Jensen's inequality, the rest by McDiarmid's), so name every class.
/// Conservative thrice: the sum over looks, the two arms each on its own, and nothing is proven between looks. Each arm's outputs
/// must be draws from one distribution while the step lasts.
struct drift_state {
  bin_counts candidate;
  bin_counts incumbent;
  std::uint32_t looks = 0;
  std::uint64_t next_look_at = 0; ///< 0: before the first batch
  double certain = 0;             ///< distance at least
};

/// invalid_argument, and nothing is changed: arms or batches of different numbers of bins.
result<void> advance(drift_state& state, const drift_batch& batch, const drift_options& options);

/// worse: the distance that is certain is above the tolerated. fine: enough samples, and what was measured is not.
verdict judge(const drift_state& state, const drift_options& options);

/// From one look to the next of counts that only grow. invalid_argument: one has gone down, or there are fewer bins.
result<bin_counts> since(const bin_counts& now, const bin_counts& before);

} // namespace troupe
