#include "runtime/policy/evidence/step_evidence.hpp"

#include <utility>

namespace troupe {

namespace {

/// Takes `since` of one counter into `grown`; the first failure stays.
template <class Counter>
void take_since(result<void>& all, Counter& grown, const Counter& now, const Counter& before) {
  auto one = since(now, before);
  if (one)
    grown = std::move(one).value();
  else if (all)
    all = one.failure();
}

template <class State, class Batch, class Options>
void take_advance(result<void>& all, State& state, const Batch& batch, const std::optional<Options>& options) {
  if (all && options)
    all = advance(state, batch, *options);
}

template <class State, class Options>
void take_verdict(std::vector<verdict>& all, const State& state, const std::optional<Options>& options) {
  if (options)
    all.push_back(judge(state, *options));
}

template <class Options>
void set_alpha(std::optional<Options>& options, double alpha) {
  if (options)
    options->alpha = alpha;
}

} // namespace

void arm_counters::add(const arm_counters& other) {
  errors = errors + other.errors;
  latency.add(other.latency);
  not_finite = not_finite + other.not_finite;
  disagreement = disagreement + other.disagreement;
  if (outputs.size() < other.outputs.size())
    outputs.resize(other.outputs.size());
  for (std::size_t i = 0; i < other.outputs.size(); ++i)
    outputs[i] += other.outputs[i];
}

result<arm_counters> since(const arm_counters& now, const arm_counters& before) {
  arm_counters grown;
  result<void> all;
  take_since(all, grown.errors, now.errors, before.errors);
  take_since(all, grown.latency, now.latency, before.latency);
  take_since(all, grown.not_finite, now.not_finite, before.not_finite);
  take_since(all, grown.disagreement, now.disagreement, before.disagreement);
  take_since(all, grown.outputs, now.outputs, before.outputs);
  if (!all)
    return all.failure();
  return grown;
}

step_options with_shares(step_options options) {
  auto one = [](bool there) { return there ? std::size_t{1} : std::size_t{0}; };
  auto checks = one(options.errors.has_value()) + one(options.not_finite.has_value()) + one(options.disagreement.has_value())
                + one(options.drift.has_value()) + (options.latency ? options.latency->checks.size() : 0);
  options.division.checks = static_cast<std::uint32_t>(checks);
  auto share = alpha_share(options.division);
  set_alpha(options.errors, share);
  set_alpha(options.latency, share);
  set_alpha(options.not_finite, share);
  set_alpha(options.disagreement, share);
  set_alpha(options.drift, share);
  return options;
}

result<void> advance(step_state& state, const step_batch& batch, const step_options& options) {
  const auto& candidate = batch.candidate;
  const auto& incumbent = batch.incumbent;
  auto next = state;
  result<void> all;
  take_advance(all, next.errors, rate_batch{candidate.errors, incumbent.errors}, options.errors);
  if (options.latency)
    take_advance(all, next.latency, latency_batch{candidate.latency, incumbent.latency}, options.latency);
  take_advance(all, next.not_finite, candidate.not_finite, options.not_finite);
  take_advance(all, next.disagreement, candidate.disagreement, options.disagreement);
  if (options.drift)
    take_advance(all, next.drift, drift_batch{candidate.outputs, incumbent.outputs}, options.drift);
  if (all)
    state = std::move(next);
  return all;
}

std::vector<verdict> judge(const step_state& state, const step_options& options) {
  std::vector<verdict> all;
  take_verdict(all, state.errors, options.errors);
  if (options.latency)
    for (auto& each : judge(state.latency, *options.latency))
      all.push_back(std::move(each));
  take_verdict(all, state.not_finite, options.not_finite);
  take_verdict(all, state.disagreement, options.disagreement);
  take_verdict(all, state.drift, options.drift);
  return all;
}

} // namespace troupe
