#include "runtime/policy/evidence/step_evidence.hpp"

#include <algorithm>
#include <functional>
#include <type_traits>
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

template <class Options>
struct state_for;
template <>
struct state_for<rate_options> {
  using type = rate_state;
};
template <>
struct state_for<proportion_options> {
  using type = proportion_state;
};
template <>
struct state_for<drift_options> {
  using type = drift_state;
};
/// Of a check with such options.
template <class Options>
using state_of = typename state_for<std::decay_t<Options>>::type;

answer_state empty_state(const answer_options& options) {
  return std::visit([](const auto& of) -> answer_state { return state_of<decltype(of)>(); }, options);
}

/// What each arm's counters say to one check.
struct answer_batch {
  const answer_counters& candidate;
  const answer_counters& incumbent;
};

result<void> advance_one(rate_state& state, const answer_batch& batch, const rate_options& options) {
  return advance(state, rate_batch{batch.candidate.bad, batch.incumbent.bad}, options);
}

result<void> advance_one(proportion_state& state, const answer_batch& batch, const proportion_options& options) {
  return advance(state, batch.candidate.bad, options);
}

/// An arm that has had no requests yet has no bins.
result<void> advance_one(drift_state& state, const answer_batch& batch, const drift_options& options) {
  drift_batch both{batch.candidate.bins, batch.incumbent.bins};
  auto size = std::max({both.candidate.size(), both.incumbent.size(), state.candidate.size()});
  for (auto* bins : {&both.candidate, &both.incumbent})
    if (bins->empty())
      bins->resize(size);
  return size == 0 ? result<void>() : advance(state, both, options);
}

/// The state is of the options' kind.
result<void> advance_any(answer_state& state, const answer_batch& batch, const answer_options& options) {
  return std::visit([&](const auto& of) { return advance_one(std::get<state_of<decltype(of)>>(state), batch, of); }, options);
}

verdict judge_any(const answer_state& state, const answer_options& options) {
  return std::visit([&](const auto& of) { return judge(std::get<state_of<decltype(of)>>(state), of); }, options);
}

void advance_answers(result<void>& all, step_state& state, const step_batch& batch, const step_options& options) {
  static const answer_counters none;
  for (auto i = state.answers.size(); i < options.answers.size(); ++i)
    state.answers.push_back(empty_state(options.answers[i]));
  auto counted = [](const arm_counters& arm, std::size_t i) -> const answer_counters& {
    return i < arm.answers.size() ? arm.answers[i] : none;
  };
  for (std::size_t i = 0; all && i < options.answers.size(); ++i)
    all = advance_any(state.answers[i], {counted(batch.candidate, i), counted(batch.incumbent, i)}, options.answers[i]);
}

/// False: one has gone down.
template <std::size_t N>
bool take_grown(std::array<std::uint64_t, N>& grown, const std::array<std::uint64_t, N>& now,
                const std::array<std::uint64_t, N>& before) {
  for (std::size_t i = 0; i < N; ++i)
    grown[i] = now[i] - before[i];
  return std::equal(now.begin(), now.end(), before.begin(), std::greater_equal<>());
}

template <std::size_t N>
void add_to(std::array<std::uint64_t, N>& sum, const std::array<std::uint64_t, N>& more) {
  for (std::size_t i = 0; i < N; ++i)
    sum[i] += more[i];
}

void add_to(answer_counters& sum, const answer_counters& more) {
  sum.bad = sum.bad + more.bad;
  if (sum.bins.size() < more.bins.size())
    sum.bins.resize(more.bins.size());
  for (std::size_t i = 0; i < more.bins.size(); ++i)
    sum.bins[i] += more.bins[i];
}

} // namespace

void arm_counters::add(const arm_counters& other) {
  errors = errors + other.errors;
  latency.add(other.latency);
  if (answers.size() < other.answers.size())
    answers.resize(other.answers.size());
  for (std::size_t i = 0; i < other.answers.size(); ++i)
    add_to(answers[i], other.answers[i]);
  rewards = rewards + other.rewards;
  add_to(failed_as, other.failed_as);
  add_to(work.counts, other.work.counts);
}

result<answer_counters> since(const answer_counters& now, const answer_counters& before) {
  answer_counters grown;
  result<void> all;
  take_since(all, grown.bad, now.bad, before.bad);
  take_since(all, grown.bins, now.bins, before.bins);
  if (!all)
    return all.failure();
  return grown;
}

result<reward_sums> since(const reward_sums& now, const reward_sums& before) {
  if (now.count < before.count || now.sum < before.sum || now.squares < before.squares)
    return error{error_code::invalid_argument, "a sum of rewards went down: begin anew with what it says now"};
  return reward_sums{now.count - before.count, now.sum - before.sum, now.squares - before.squares};
}

result<error_counts> since(const error_counts& now, const error_counts& before) {
  error_counts grown{};
  if (!take_grown(grown, now, before))
    return error{error_code::invalid_argument, "a count of errors went down: begin anew with what it says now"};
  return grown;
}

result<work_counters> since(const work_counters& now, const work_counters& before) {
  work_counters grown;
  if (!take_grown(grown.counts, now.counts, before.counts))
    return error{error_code::invalid_argument, "a count of work went down: begin anew with what it says now"};
  return grown;
}

result<arm_counters> since(const arm_counters& now, const arm_counters& before) {
  arm_counters grown;
  result<void> all;
  take_since(all, grown.errors, now.errors, before.errors);
  take_since(all, grown.latency, now.latency, before.latency);
  take_since(all, grown.rewards, now.rewards, before.rewards);
  take_since(all, grown.failed_as, now.failed_as, before.failed_as);
  take_since(all, grown.work, now.work, before.work);
  if (now.answers.size() < before.answers.size())
    return error{error_code::invalid_argument, "fewer checks than before: begin anew"};
  grown.answers = now.answers;
  for (std::size_t i = 0; i < before.answers.size(); ++i)
    take_since(all, grown.answers[i], now.answers[i], before.answers[i]);
  if (!all)
    return all.failure();
  return grown;
}

step_options with_shares(step_options options) {
  auto one = [](bool there) { return there ? std::size_t{1} : std::size_t{0}; };
  auto checks = one(options.errors.has_value()) + one(options.rewards.has_value()) + options.answers.size()
                + (options.latency ? options.latency->checks.size() : 0);
  options.division.checks = static_cast<std::uint32_t>(checks);
  auto share = alpha_share(options.division);
  set_alpha(options.errors, share);
  set_alpha(options.latency, share);
  set_alpha(options.rewards, share * std::max(options.division.arms, 1U));
  for (auto& each : options.answers)
    std::visit([share](auto& of) { of.alpha = share; }, each);
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
  advance_answers(all, next, batch, options);
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
  for (std::size_t i = 0; i < options.answers.size(); ++i)
    all.push_back(judge_any(i < state.answers.size() ? state.answers[i] : empty_state(options.answers[i]), options.answers[i]));
  return all;
}

} // namespace troupe
