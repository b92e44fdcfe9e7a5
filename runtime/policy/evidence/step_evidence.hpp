#pragma once

#include "runtime/policy/evidence/drift_evidence.hpp"
#include "runtime/policy/evidence/proportion_evidence.hpp"
#include "runtime/policy/evidence/quantile_evidence.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"

#include <optional>
#include <vector>

namespace troupe {

/// What one arm's requests leave behind, as counters that only grow: nodes send them, the leader adds them up and takes the difference of two looks.
struct arm_counters {
  failure_count errors;
  latency_buckets latency;
  failure_count not_finite; ///< answers with a NaN or an infinity, of all answers
  failure_count
      disagreement;   ///< answers unlike the incumbent's to the same request, of those compared (shadow); the candidate's only
  bin_counts outputs; ///< by value_bin or class; empty: not watched

  void add(const arm_counters& other);
};

/// From one look to the next. invalid_argument: a counter has gone down.
result<arm_counters> since(const arm_counters& now, const arm_counters& before);

/// Both arms since the last look, in the same time: never against last week. So each node must tell of both arms at once, and count a request where
/// it is routed, not where it is served: if one arm's counts came a look later than the other's, a burst of errors that hits both would look like
/// the one's alone.
struct step_batch {
  arm_counters candidate;
  arm_counters incumbent;
};

/// The checks of a step; what is left out is not checked. Their shares of alpha are set by with_shares.
struct step_options {
  alpha_division division; ///< of the whole rollout; with_shares counts the checks
  std::optional<rate_options> errors;
  std::optional<quantile_options> latency;
  std::optional<proportion_options> not_finite;
  std::optional<proportion_options> disagreement;
  std::optional<drift_options> drift;
};

/// The same with the checks counted, each quantile as one, and every check's alpha set to its share.
step_options with_shares(step_options options);

/// The evidence of one step of a rollout; every step begins with a new one.
struct step_state {
  rate_state errors;
  quantile_state latency;
  proportion_state not_finite;
  proportion_state disagreement;
  drift_state drift;
};

/// invalid_argument, and nothing is changed: some count can't be.
result<void> advance(step_state& state, const step_batch& batch, const step_options& options);

/// One verdict a check, to be taken together by `overall`.
std::vector<verdict> judge(const step_state& state, const step_options& options);

} // namespace troupe
