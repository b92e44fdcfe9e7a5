#include "runtime/policy/evidence/rate_evidence.hpp"

#include "runtime/policy/evidence/figures.hpp"
#include "runtime/policy/evidence/hypergeometric.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

rate_batch operator+(const rate_batch& a, const rate_batch& b) {
  return {a.candidate + b.candidate, a.incumbent + b.incumbent};
}

/// Whether the number of failures leaves anything open as to whose they are.
bool tells(const rate_batch& batch) {
  auto failures = batch.candidate.failures + batch.incumbent.failures;
  return failures > 0 && failures < batch.candidate.requests + batch.incumbent.requests;
}

odds_log_ratios log_ratios(const rate_batch& batch, double odds_tolerated) {
  two_arm_table table{batch.candidate.requests, batch.incumbent.requests, batch.candidate.failures + batch.incumbent.failures};
  auto failures = static_cast<double>(batch.candidate.failures);
  auto null_sum = log_weight_sum(table, odds_tolerated);
  odds_log_ratios ratios{};
  for (std::size_t i = 0; i < ratios.size(); ++i)
    ratios[i] = failures * std::log(odds_grid[i]) + null_sum - log_weight_sum(table, odds_tolerated * odds_grid[i]);
  return ratios;
}

std::string shortage(const rate_state& state, const rate_options& options) {
  auto fewest = std::min(state.total.candidate.requests, state.total.incumbent.requests);
  if (fewest >= options.samples_min)
    return "";
  const char* arm = state.total.candidate.requests == fewest ? "candidate" : "incumbent";
  return ", " + std::to_string(fewest) + " of " + std::to_string(options.samples_min) + " requests of the " + arm;
}

} // namespace

result<void> check_count(const failure_count& count) {
  if (count.requests > requests_max)
    return error{error_code::invalid_argument, "more requests than can be: " + std::to_string(count.requests)};
  if (count.failures > count.requests)
    return error{error_code::invalid_argument,
                 std::to_string(count.failures) + " failures of " + std::to_string(count.requests) + " requests"};
  return {};
}

result<failure_count> since(const failure_count& now, const failure_count& before) {
  if (now.requests < before.requests || now.failures < before.failures)
    return error{error_code::invalid_argument, "a counter went down: begin anew with what it says now"};
  failure_count grown{now.failures - before.failures, now.requests - before.requests};
  if (auto fits = check_count(grown); !fits)
    return fits.failure();
  return grown;
}

failure_count operator+(const failure_count& a, const failure_count& b) {
  return {a.failures + b.failures, a.requests + b.requests};
}

result<void> advance(rate_state& state, const rate_batch& batch, const rate_options& options) {
  for (const auto& count : {batch.candidate, batch.incumbent})
    if (auto fits = check_count(count); !fits)
      return fits;
  if (!(options.odds_tolerated > 0))
    return error{error_code::invalid_argument,
                 "the odds that are tolerated must be above 0; 1: no more failures than the incumbent"};
  state.total = state.total + batch;
  state.pending = state.pending + batch;
  if (state.pending.candidate.requests == 0 || state.pending.incumbent.requests == 0)
    return {};
  if (tells(state.pending))
    bet(state.mixture, log_ratios(state.pending, options.odds_tolerated));
  state.pending = {};
  return {};
}

verdict judge(const rate_state& state, const rate_options& options) {
  verdict said;
  const auto& candidate = state.total.candidate;
  said.evidence = std::exp(state.mixture.log_e_peak);
  said.threshold = 1 / options.alpha;
  auto missing = shortage(state, options);
  if (said.evidence >= said.threshold && candidate.rate() > options.rate_tolerated)
    said.is = standing::worse;
  else if (missing.empty() && (std::exp(state.mixture.log_e) <= options.doubt || candidate.rate() <= options.rate_tolerated))
    said.is = standing::fine;
  said.reason = options.name + " " + percent(candidate.rate()) + " against " + percent(state.total.incumbent.rate()) + ", "
                + evidence_words(said.evidence, said.threshold) + " after " + std::to_string(candidate.requests) + " requests"
                + missing;
  return said;
}

} // namespace troupe
