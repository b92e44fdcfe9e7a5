#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a check says of the candidate.
///
///     undecided --enough samples, and nothing speaks against it--> fine
///      |   ^                                                        |
///      |   +--------------- what comes later does ------------------+
///      +--the evidence reaches its threshold--> worse   (final: what is proven stays proven)
enum class standing : std::uint8_t {
  undecided, ///< too little is known: the rollout holds
  worse,     ///< proven to the check's share of alpha: the rollout goes back
  fine,      ///< the rollout may go on
};

/// "undecided", "worse", "fine"
const char* to_string(standing value);

struct verdict {
  standing is = standing::undecided;
  double evidence = 0;  ///< an e-value; of a drift check the distance that is certain
  double threshold = 0; ///< `worse` from here on: 1/alpha; of a drift check the distance that is tolerated
  std::string reason;   ///< "error rate 3.1 % against 0.9 %, e-value 41 > 20 after 512 requests"
};

/// What all checks of a step say together: worse if one says so, fine if all do, else undecided. No checks at all: undecided, since missing data
/// never promotes.
standing overall(const std::vector<verdict>& checks);

/// How often a rollout of a candidate that is no worse than the incumbent may be rolled back all the same, and who has a part in it.
struct alpha_division {
  double alpha = 0.05;
  std::uint32_t checks = 1; ///< that can fail a step
  std::uint32_t steps = 1;  ///< each of which begins its evidence anew
  std::uint32_t arms = 1;   ///< candidates that are compared with the incumbent at the same time
};

/// The alpha of one check of one step of one arm: alpha / (checks * steps * arms), a zero being taken for a one. By Bonferroni's inequality the
/// chance that any of them errs is then at most alpha, however they depend on each other. Looks need no share: a test that is valid at any
/// time may be looked at all the time (Ville's inequality: an e-value, a nonnegative supermartingale that begins at 1, ever reaches 1/alpha with
/// probability at most alpha).
double alpha_share(const alpha_division& division);

} // namespace troupe
