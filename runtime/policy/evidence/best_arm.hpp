#pragma once

#include "runtime/base/error.hpp"
#include "runtime/policy/evidence/mean_evidence.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Which of an A/B test's versions has the highest mean reward: every pair is a test of its own (mean_evidence.hpp), who is proven to be below another is out, and
/// the best is who is left alone. Valid however often one looks, as the pairs' tests are: each has alpha divided by the number of pairs, so by
/// Bonferroni's inequality the chance that any pair errs is at most alpha, and with it the chance that an arm is out that is no worse than all others.
struct best_arm_state {
  std::vector<mean_state> pairs; ///< of arms (0, 1), (0, 2), (1, 2), (0, 3), …; the later one is the pair's candidate
};

/// What each arm's requests brought since the last look; there are as many arms each time, two at least. `options.alpha` is for all pairs together.
/// invalid_argument, and nothing is changed: sums that rewards can't have.
result<void> advance(best_arm_state& state, const std::vector<reward_sums>& batch, const mean_options& options);

struct arms_judged {
  std::vector<bool> out;           ///< by arm: it is proven to be below another
  std::optional<std::size_t> best; ///< the one that is left; nothing: there are several yet
};
arms_judged judge_arms(const best_arm_state& state, std::size_t arms, const mean_options& options);

/// What the test of this pair says, for people; the later arm comes first: "reward 0.61 against 0.58, …".
std::string reason_of_pair(const best_arm_state& state, std::size_t a, std::size_t b, std::size_t arms,
                           const mean_options& options);

} // namespace troupe
