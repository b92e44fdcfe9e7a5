#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// By how much the candidate's odds of a failure may be higher: the alternatives that are bet on, as multiples of what is tolerated, and how the
/// capital is dealt over them. Most of it lies about a doubling, which is what a rollout must find; what is worse than that is found anyway. An
/// excess of less than about an eighth is below the grid and never found: it is no reason to go back.
inline constexpr std::array<double, 8> odds_grid = {1.25, 1.5, 2, 2.5, 4, 8, 16, 64};
inline constexpr std::array<double, 8> odds_weights = {0.08, 0.15, 0.27, 0.22, 0.12, 0.06, 0.05, 0.05};

/// The likelihood ratio of one batch, as a natural logarithm, for each alternative of the grid.
using odds_log_ratios = std::array<double, odds_grid.size()>;

/// An e-value as the capital of a gambler: a mixture SPRT (Robbins 1970; Johari, Koomen, Pekelis & Walsh, "Always Valid Inference", 2022) over a
/// grid of alternatives and over the moment from which they hold,
///
///     e_t = cash_t + sum over starts s <= t, alternatives a of  (cash_(s-1) - cash_s) * weight_a * ratio_a(batch s) * … * ratio_a(batch t)
///
/// It is one for no bets, and each ratio has a conditional mean of at most 1 under the null, so e is a nonnegative supermartingale: by Ville's
/// inequality it reaches 1/alpha with probability at most alpha, ever. What is kept as cash is dealt out slowly, cash_t = late_share *
/// ln 2 / ln(t + 2): so a fault that begins late is found within a time that grows with the logarithm of how late, where a plain
/// mixture would first have to make up for everything it lost on the good times before.
struct odds_mixture {
  std::array<double, odds_grid.size()> log_capital{}; ///< meaningful once `bets` > 0
  std::uint64_t bets = 0;                             ///< batches that were bet on
  double log_e = 0;                                   ///< now
  double log_e_peak = 0;                              ///< the highest ever; Ville's inequality is about this one
};

/// Of the capital at the beginning.
inline constexpr double late_share = 0.25;

/// Plays one more batch.
void bet(odds_mixture& mixture, const odds_log_ratios& log_ratios);

} // namespace troupe
