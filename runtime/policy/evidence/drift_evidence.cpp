#include "runtime/policy/evidence/drift_evidence.hpp"

#include "runtime/policy/evidence/figures.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

std::uint64_t fewest_of(const drift_state& state) {
  return std::min(count_of(state.candidate), count_of(state.incumbent));
}

double distance_of(const drift_state& state, drift_kind kind) {
  return kind == drift_kind::numbers ? ks_distance(state.candidate, state.incumbent)
                                     : class_mix_distance(state.candidate, state.incumbent);
}

/// How far an arm's counts are from its distribution at most, but with probability `alpha`.
double radius_of(const bin_counts& bins, drift_kind kind, double alpha) {
  auto n = static_cast<double>(count_of(bins));
  if (kind == drift_kind::numbers)
    return std::sqrt(std::log(2 / alpha) / (2 * n));
  auto k = static_cast<double>(bins.size());
  auto by_union = std::sqrt((k * std::log(2.0) - std::log(alpha)) / (2 * n));
  auto by_mean = std::sqrt((k - 1) / n) / 2 + std::sqrt(-std::log(alpha) / (2 * n));
  return std::min(by_union, by_mean);
}

void look(drift_state& state, const drift_options& options) {
  auto j = static_cast<double>(++state.looks);
  auto alpha = options.alpha / (j * (j + 1)) / 2;
  auto radii = radius_of(state.candidate, options.kind, alpha) + radius_of(state.incumbent, options.kind, alpha);
  state.certain = std::max(state.certain, distance_of(state, options.kind) - radii);
  auto fewest = fewest_of(state);
  state.next_look_at = fewest + fewest / 2 + 1;
}

result<void> check_bins(const bin_counts& bins, std::size_t size) {
  if (bins.size() != size)
    return error{error_code::invalid_argument,
                 std::to_string(bins.size()) + " bins where there were " + std::to_string(size) + ": begin anew"};
  auto too_many = [](std::uint64_t count) { return count > requests_max; };
  if (std::any_of(bins.begin(), bins.end(), too_many))
    return error{error_code::invalid_argument, "more outputs in a bin than can be"};
  return {};
}

void add(bin_counts& sum, const bin_counts& more) {
  sum.resize(more.size());
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] += more[i];
}

} // namespace

result<void> advance(drift_state& state, const drift_batch& batch, const drift_options& options) {
  auto size = state.candidate.empty() ? batch.candidate.size() : state.candidate.size();
  for (const auto* arm : {&batch.candidate, &batch.incumbent})
    if (auto fits = check_bins(*arm, size); !fits)
      return fits;
  add(state.candidate, batch.candidate);
  add(state.incumbent, batch.incumbent);
  if (state.next_look_at == 0)
    state.next_look_at = std::max<std::uint64_t>(options.first_look_at, 1);
  if (fewest_of(state) >= state.next_look_at)
    look(state, options);
  return {};
}

verdict judge(const drift_state& state, const drift_options& options) {
  verdict said;
  auto measured = distance_of(state, options.kind);
  auto fewest = fewest_of(state);
  said.evidence = state.certain;
  said.threshold = options.distance_tolerated;
  if (said.evidence > said.threshold)
    said.is = standing::worse;
  else if (fewest >= options.samples_min && measured <= options.distance_tolerated)
    said.is = standing::fine;
  bool numbers = options.kind == drift_kind::numbers;
  auto bins = numbers ? group_bins(state.candidate, state.incumbent) : grouped_bins{state.candidate, state.incumbent};
  said.reason = options.name + " " + figure(measured) + (numbers ? " (KS" : " (class mix") + ", PSI "
                + figure(psi(bins.candidate, bins.incumbent)) + "), certainly over " + figure(said.evidence) + ", "
                + figure(said.threshold) + " tolerated, after " + std::to_string(fewest) + " requests";
  return said;
}

result<bin_counts> since(const bin_counts& now, const bin_counts& before) {
  if (now.size() < before.size())
    return error{error_code::invalid_argument, "fewer bins than before: begin anew"};
  auto grown = now;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (now[i] < before[i])
      return error{error_code::invalid_argument, "a bin's counter went down: begin anew with what it says now"};
    grown[i] -= before[i];
  }
  return grown;
}

} // namespace troupe
