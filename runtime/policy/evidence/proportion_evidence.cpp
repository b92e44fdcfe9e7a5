#include "runtime/policy/evidence/proportion_evidence.hpp"

#include "runtime/policy/evidence/figures.hpp"

#include <cmath>
#include <limits>

namespace troupe {

result<void> advance(proportion_state& state, const failure_count& batch, const proportion_options& options) {
  if (auto fits = check_count(batch); !fits)
    return fits;
  state.total = state.total + batch;
  if (batch.requests == 0 || options.bound <= 0)
    return {};
  odds_log_ratios ratios{};
  for (std::size_t i = 0; i < ratios.size(); ++i)
    ratios[i] = static_cast<double>(batch.failures) * std::log(odds_grid[i])
                - static_cast<double>(batch.requests) * std::log1p((odds_grid[i] - 1) * options.bound);
  bet(state.mixture, ratios);
  return {};
}

verdict judge(const proportion_state& state, const proportion_options& options) {
  verdict said;
  bool refuted = options.bound <= 0 && state.total.failures > 0;
  said.evidence = refuted ? std::numeric_limits<double>::infinity() : std::exp(state.mixture.log_e_peak);
  said.threshold = 1 / options.alpha;
  bool enough = state.total.requests >= options.samples_min;
  if (said.evidence >= said.threshold)
    said.is = standing::worse;
  else if (enough && std::exp(state.mixture.log_e) <= options.doubt)
    said.is = standing::fine;
  said.reason = options.name + " " + percent(state.total.rate()) + " with " + percent(options.bound) + " tolerated, "
                + evidence_words(said.evidence, said.threshold) + " after " + std::to_string(state.total.requests)
                + (enough ? "" : " of " + std::to_string(options.samples_min)) + " requests";
  return said;
}

} // namespace troupe
