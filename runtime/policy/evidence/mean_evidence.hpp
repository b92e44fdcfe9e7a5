#pragma once

#include "runtime/base/error.hpp"
#include "runtime/policy/evidence/verdict.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// Rewards, each from 0 to 1, by their sums: what a node counts, whatever the number of requests.
struct reward_sums {
  std::uint64_t count = 0;
  double sum = 0;
  double squares = 0; ///< sum of squares

  void record(double reward) {
    ++count;
    sum += reward;
    squares += reward * reward;
  }
  double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

reward_sums operator+(const reward_sums& a, const reward_sums& b);

struct reward_batch {
  reward_sums candidate;
  reward_sums incumbent;
};

struct mean_options {
  std::string name = "reward";
  double alpha = 0.05;             ///< this check's share of the rollout's
  double loss_tolerated = 0;       ///< of the mean, e.g. 0.01: a candidate that loses less is fine
  std::uint64_t samples_min = 500; ///< of each arm; with fewer the candidate is not fine
};

/// Whether the candidate's mean reward is lower than the incumbent's, and by how much it differs, valid however often one looks: an A/B test.
///
/// The predictable plug-in empirical-Bernstein confidence sequence (I. Waudby-Smith & A. Ramdas, "Estimating means of bounded random
/// variables by betting", 2024), a bet that needs nothing but sums, for the difference of two arms. For X in [0, 1] of mean mu, any bet
/// 0 <= l < 1 and any guess g of mu that are fixed before X is seen,
///
///     exp(± l (X - mu) - psi(l) (X - g)^2),   psi(l) = -ln(1 - l) - l
///
/// has a mean of at most 1 (by ln(1 + l y) >= l y - psi(l) y^2 for y >= -1: X. Fan, I. Grama & Q. Liu 2015). In a batch of n1 requests of
/// the candidate and n0 of the incumbent, the bets l1 = L / n1 and l0 = L / n0 multiply to a process of the difference d of their observed means,
///
///     exp(± L (d - delta) - penalty),   penalty = psi(l1) * sum (X - g1)^2 + psi(l0) * sum (X - g0)^2
///
/// and summed over batches, with probability at least 1 - alpha at all times at once,
///
///     |delta - sum L d / sum L|  <=  (ln(2 / alpha) + sum penalty) / sum L
///
/// for the difference delta of the true means (which may change: then it is their average, weighted by L). The bet follows the variance
/// seen so far: L = l h with h = n1 n0 / (n1 + n0), l = sqrt(2 ln(2 / alpha) / (variance H ln(1 + H))), at most 1/2, and H the sum of all h. Both
/// errors count: `worse` and `fine` are each wrong with probability at most alpha / 2.
struct mean_state {
  reward_batch pending;           ///< waits for the arm that has none yet
  reward_batch total;             ///< that was bet on
  double deviations = 0;          ///< sum of (X - guess)^2, of both arms
  double weight = 0;              ///< sum of L
  double weighted_difference = 0; ///< sum of L times candidate's mean less incumbent's
  double penalty = 0;
  double effective = 0;  ///< sum of n1 n0 / (n1 + n0)
  double log_e_peak = 0; ///< the highest ever e-value of a loss of more than is tolerated
};

/// invalid_argument, and nothing is changed: sums that rewards from 0 to 1 can't have.
result<void> advance(mean_state& state, const reward_batch& batch, const mean_options& options);

/// The candidate's mean reward less the incumbent's, with confidence 1 - alpha at all times at once. No data: from -1 to 1.
struct mean_difference {
  double low = -1;
  double estimate = 0;
  double high = 1;
};
mean_difference difference(const mean_state& state, const mean_options& options);

/// worse: the candidate loses more than is tolerated. fine: it loses less than that, which is proven just as strictly (with nothing
/// tolerated: it gains). The evidence is the e-value of its loss.
verdict judge(const mean_state& state, const mean_options& options);

} // namespace troupe
