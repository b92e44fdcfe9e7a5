#include "runtime/policy/evidence/quantile_evidence.hpp"

#include "runtime/policy/evidence/figures.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

rate_options exceedance_options(const quantile_options& options) {
  rate_options each;
  each.alpha = options.alpha;
  each.samples_min = options.samples_min;
  each.doubt = options.doubt;
  return each;
}

bool is_empty(const rate_batch& batch) {
  return batch.candidate.requests == 0 && batch.incumbent.requests == 0;
}

/// Zero while too few requests are beyond the quantile to tell where it is.
std::uint64_t threshold_of(const latency_buckets& past, const quantile_check& check, std::uint64_t tail_min) {
  auto beyond = static_cast<double>(past.total) * (1 - check.quantile);
  return beyond < static_cast<double>(tail_min) ? 0 : past.quantile_us(check.quantile);
}

/// At least what is tolerated: `above` counts from the end of its bucket on.
std::uint64_t tolerated_us(std::uint64_t threshold_us, const quantile_check& check) {
  auto slowed = std::ceil(static_cast<double>(threshold_us) * std::max(check.slowdown_tolerated, 1.0));
  return static_cast<std::uint64_t>(slowed) + check.margin_us;
}

result<void> advance_check(quantile_check_state& state, const latency_batch& batch, const quantile_check& check,
                           const quantile_options& options) {
  if (state.threshold_us == 0)
    return {};
  auto slow_us = tolerated_us(state.threshold_us, check);
  rate_batch beyond{{batch.candidate.above(slow_us), batch.candidate.total},
                    {batch.incumbent.above(state.threshold_us), batch.incumbent.total}};
  return advance(state.exceedances, beyond, exceedance_options(options));
}

std::string milliseconds(std::uint64_t us) {
  return figure(static_cast<double>(us) / 1000) + " ms";
}

std::string reason_of(const quantile_state& state, const std::string& name, const quantile_check& check, const verdict& of_rate) {
  return "p" + figure(100 * check.quantile) + " " + name + " " + milliseconds(state.candidate.quantile_us(check.quantile))
         + " against " + milliseconds(state.incumbent.quantile_us(check.quantile)) + " with " + figure(check.slowdown_tolerated)
         + " times" + (check.margin_us > 0 ? " and " + milliseconds(check.margin_us) : "") + " tolerated, " + of_rate.reason;
}

} // namespace

result<void> advance(quantile_state& state, const latency_batch& batch, const quantile_options& options) {
  if (!state.checks.empty() && state.checks.size() != options.checks.size())
    return error{error_code::invalid_argument, "the quantiles that are watched have changed: begin anew"};
  for (const auto* arm : {&batch.candidate, &batch.incumbent})
    if (auto fits = check_count({0, arm->total}); !fits)
      return fits;
  auto next = state.checks;
  next.resize(options.checks.size());
  for (std::size_t i = 0; i < next.size(); ++i)
    if (auto fits = advance_check(next[i], batch, options.checks[i], options); !fits)
      return fits;
  state.checks = std::move(next);
  state.candidate.add(batch.candidate);
  state.incumbent.add(batch.incumbent);
  for (std::size_t i = 0; i < state.checks.size(); ++i)
    if (is_empty(state.checks[i].exceedances.pending)) // what is pooled has one threshold
      state.checks[i].threshold_us = threshold_of(state.incumbent, options.checks[i], options.tail_min);
  return {};
}

std::vector<verdict> judge(const quantile_state& state, const quantile_options& options) {
  std::vector<verdict> all;
  for (std::size_t i = 0; i < options.checks.size(); ++i) {
    auto rate = exceedance_options(options);
    rate.name = "beyond";
    auto said = judge(i < state.checks.size() ? state.checks[i].exceedances : rate_state{}, rate);
    said.reason = reason_of(state, options.name, options.checks[i], said);
    all.push_back(std::move(said));
  }
  return all;
}

} // namespace troupe
