#include "runtime/policy/evidence/odds_mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troupe {

namespace {

/// After so many bets. `late_share` of the capital waits when the first is made.
double cash_after(std::uint64_t bets) {
  return bets == 0 ? 1 : late_share * std::log(2.0) / std::log(static_cast<double>(bets) + 1);
}

double log_sum(double a, double b) {
  auto high = std::max(a, b);
  return std::isinf(high) ? high : high + std::log1p(std::exp(std::min(a, b) - high));
}

} // namespace

void bet(odds_mixture& mixture, const odds_log_ratios& log_ratios) {
  auto cash = cash_after(mixture.bets + 1);
  auto log_dealt = std::log(cash_after(mixture.bets) - cash);
  auto log_e = std::log(cash);
  for (std::size_t i = 0; i < odds_grid.size(); ++i) {
    auto dealt = log_dealt + std::log(odds_weights[i]);
    auto held = mixture.bets == 0 ? -std::numeric_limits<double>::infinity() : mixture.log_capital[i];
    mixture.log_capital[i] = log_sum(held, dealt) + log_ratios[i];
    log_e = log_sum(log_e, mixture.log_capital[i]);
  }
  ++mixture.bets;
  mixture.log_e = log_e;
  mixture.log_e_peak = std::max(mixture.log_e_peak, log_e);
}

} // namespace troupe
