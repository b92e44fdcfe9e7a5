#include "runtime/policy/evidence/mean_evidence.hpp"

#include "runtime/policy/evidence/figures.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

constexpr double rounding = 1e-6; ///< relative, of sums that were added up in any order

result<void> check_sums(const reward_sums& sums) {
  auto count = static_cast<double>(sums.count);
  auto slack = rounding * (count + 1);
  bool fits = sums.count <= requests_max && sums.sum >= 0 && sums.sum <= count + slack // also refuses NaN
              && sums.squares >= 0 && sums.squares <= sums.sum + slack && sums.sum * sums.sum <= count * (sums.squares + slack);
  if (!fits)
    return error{error_code::invalid_argument, "sums that no rewards from 0 to 1 have: divide rewards by the most they can be"};
  return {};
}

reward_batch operator+(const reward_batch& a, const reward_batch& b) {
  return {a.candidate + b.candidate, a.incumbent + b.incumbent};
}

/// From what came before: half a reward at first.
double guess_of(const reward_sums& past) {
  return (0.5 + past.sum) / (1 + static_cast<double>(past.count));
}

double deviations_from(const reward_sums& sums, double guess) {
  return std::max(sums.squares - 2 * guess * sums.sum + static_cast<double>(sums.count) * guess * guess, 0.0);
}

double psi(double bet) {
  return -std::log1p(-bet) - bet;
}

double bet_size(const mean_state& state, double effective, double alpha) {
  constexpr double bet_max = 0.5;
  auto seen = static_cast<double>(state.total.candidate.count + state.total.incumbent.count);
  auto variance = (0.25 + state.deviations) / (1 + seen);
  auto h = state.effective + effective;
  return std::min(std::sqrt(2 * std::log(2 / alpha) / (variance * h * std::log1p(h))), bet_max);
}

void play(mean_state& state, const reward_batch& batch, double alpha) {
  auto n1 = static_cast<double>(batch.candidate.count);
  auto n0 = static_cast<double>(batch.incumbent.count);
  auto effective = n1 * n0 / (n1 + n0);
  auto bet = bet_size(state, effective, alpha);
  auto weight = bet * effective;
  auto candidate_deviations = deviations_from(batch.candidate, guess_of(state.total.candidate));
  auto incumbent_deviations = deviations_from(batch.incumbent, guess_of(state.total.incumbent));
  state.penalty += psi(weight / n1) * candidate_deviations + psi(weight / n0) * incumbent_deviations;
  state.weighted_difference += weight * (batch.candidate.mean() - batch.incumbent.mean());
  state.weight += weight;
  state.effective += effective;
  state.deviations += candidate_deviations + incumbent_deviations;
  state.total = state.total + batch;
}

std::string reason_of(const mean_state& state, const mean_difference& found, const verdict& said, const mean_options& options) {
  const auto& total = state.total;
  if (total.candidate.count == 0)
    return options.name + ": no requests of both versions yet";
  return options.name + " " + figure(total.candidate.mean()) + " against " + figure(total.incumbent.mean()) + ", difference "
         + figure(found.low) + " to "
         + figure(found.high)
         // the e-value is of a loss: it says nothing of a gain
         + (said.is == standing::fine ? "" : ", " + evidence_words(said.evidence, said.threshold)) + " after "
         + std::to_string(total.candidate.count) + " requests";
}

} // namespace

reward_sums operator+(const reward_sums& a, const reward_sums& b) {
  return {a.count + b.count, a.sum + b.sum, a.squares + b.squares};
}

result<void> advance(mean_state& state, const reward_batch& batch, const mean_options& options) {
  for (const auto& sums : {batch.candidate, batch.incumbent})
    if (auto fits = check_sums(sums); !fits)
      return fits;
  state.pending = state.pending + batch;
  if (state.pending.candidate.count == 0 || state.pending.incumbent.count == 0)
    return {};
  play(state, state.pending, options.alpha);
  state.pending = {};
  auto loss = -state.weighted_difference - state.weight * options.loss_tolerated;
  state.log_e_peak = std::max(state.log_e_peak, loss - state.penalty);
  return {};
}

mean_difference difference(const mean_state& state, const mean_options& options) {
  if (state.weight <= 0)
    return {};
  auto estimate = state.weighted_difference / state.weight;
  auto margin = (std::log(2 / options.alpha) + state.penalty) / state.weight;
  return {std::max(estimate - margin, -1.0), estimate, std::min(estimate + margin, 1.0)};
}

verdict judge(const mean_state& state, const mean_options& options) {
  verdict said;
  auto found = difference(state, options);
  said.evidence = std::exp(state.log_e_peak);
  said.threshold = 2 / options.alpha;
  auto fewest = std::min(state.total.candidate.count, state.total.incumbent.count);
  if (said.evidence >= said.threshold)
    said.is = standing::worse;
  else if (fewest >= options.samples_min && found.low > -options.loss_tolerated)
    said.is = standing::fine;
  said.reason = reason_of(state, found, said, options);
  return said;
}

} // namespace troupe
