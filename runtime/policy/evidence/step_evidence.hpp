#pragma once

#include "runtime/policy/evidence/drift_evidence.hpp"
#include "runtime/policy/evidence/mean_evidence.hpp"
#include "runtime/policy/evidence/proportion_evidence.hpp"
#include "runtime/policy/evidence/quantile_evidence.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"
#include "runtime/policy/evidence/work_counters.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace troupe {

/// What a check saw that looks into answers: how many it found bad of those that it looked at, or how they are distributed.
struct answer_counters {
  failure_count bad; ///< of a drift check nothing
  bin_counts bins;   ///< by value_bin or class, one draw an answer; of other checks none
};

/// How many requests failed with each code.
using error_counts = std::array<std::uint64_t, error_code_count>;

/// What one arm's requests leave behind, as counters that only grow: nodes send them, the leader adds them up and takes the difference of two looks.
struct arm_counters {
  failure_count errors;
  latency_buckets latency;
  std::vector<answer_counters> answers; ///< of each check that looks into answers, in the spec's order; empty: nobody looked yet
  reward_sums rewards;                  ///< of an A/B test
  error_counts failed_as{};             ///< `errors.failures` by their codes
  work_counters work;                   ///< what it cost; which pools count, not those who route the requests

  void add(const arm_counters& other);
};

/// From one look to the next. invalid_argument: a counter has gone down.
result<answer_counters> since(const answer_counters& now, const answer_counters& before);
result<reward_sums> since(const reward_sums& now, const reward_sums& before);
result<error_counts> since(const error_counts& now, const error_counts& before);
result<work_counters> since(const work_counters& now, const work_counters& before);
result<arm_counters> since(const arm_counters& now, const arm_counters& before);

/// Both arms since the last look, in the same time: never against last week. So each node must tell of both arms at once, and count a request where
/// it is routed, not where it is served: if one arm's counts came a look later than the other's, a burst of errors that hits both would look like
/// the one's alone.
struct step_batch {
  arm_counters candidate;
  arm_counters incumbent;
};

/// A check that looks into answers: whether more of the candidate's are bad than of the incumbent's, or than a bound, or they are distributed otherwise.
using answer_options = std::variant<rate_options, proportion_options, drift_options>;
using answer_state = std::variant<rate_state, proportion_state, drift_state>;

/// The checks of a step; what is left out is not checked. Their shares of alpha are set by with_shares.
struct step_options {
  alpha_division division; ///< of the whole rollout; with_shares counts the checks
  std::optional<rate_options> errors;
  std::optional<quantile_options> latency;
  std::vector<answer_options> answers;
  std::optional<mean_options> rewards; ///< of an A/B test, which is no check of `advance` and `judge`: best_arm.hpp is
};

/// The same with the checks counted, each quantile as one, and every check's alpha set to its share; of an A/B test to that of all its arms together.
step_options with_shares(step_options options);

/// The evidence of one step of a rollout; every step begins with a new one.
struct step_state {
  rate_state errors;
  quantile_state latency;
  std::vector<answer_state> answers; ///< of the options' kinds; empty: nobody has looked yet
};

/// invalid_argument, and nothing is changed: some count can't be.
result<void> advance(step_state& state, const step_batch& batch, const step_options& options);

/// One verdict a check, to be taken together by `overall`: the error rate's, the latencies', those of the answers.
std::vector<verdict> judge(const step_state& state, const step_options& options);

} // namespace troupe
