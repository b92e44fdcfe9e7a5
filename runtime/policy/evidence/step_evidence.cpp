#include "runtime/policy/evidence/step_evidence.hpp"

#include <algorithm>
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

/// A state that fits the options, with nothing in it.
answer_state empty_state(const answer_options& options) {
  if (std::holds_alternative<rate_options>(options))
    return rate_state{};
  if (std::holds_alternative<proportion_options>(options))
    return proportion_state{};
  return drift_state{};
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
  return std::visit(
      [&](const auto& of) -> result<void> {
        using options_type = std::decay_t<decltype(of)>;
        if constexpr (std::is_same_v<options_type, rate_options>)
          return advance_one(std::get<rate_state>(state), batch, of);
        else if constexpr (std::is_same_v<options_type, proportion_options>)
          return advance_one(std::get<proportion_state>(state), batch, of);
        else
          return advance_one(std::get<drift_state>(state), batch, of);
      },
      options);
}

verdict judge_any(const answer_state& state, const answer_options& options) {
  if (auto of = std::get_if<rate_options>(&options))
    return judge(std::get<rate_state>(state), *of);
  if (auto of = std::get_if<proportion_options>(&options))
    return judge(std::get<proportion_state>(state), *of);
  return judge(std::get<drift_state>(state), std::get<drift_options>(options));
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

void add_to(answer_counters& sum, const answer_counters& more) {
  sum.bad = sum.bad + more.bad;
  if (sum.bins.size() < more.bins.size())
    sum.bins.resize(more.bins.size());
  for (std::size_t i = 0; i < more.bins.size(); ++i)
    sum.bins[i] += more.bins[i];
}

void add_to(reward_sums& sum, const reward_sums& more) {
  sum.count += more.count;
  sum.sum += more.sum;
  sum.squares += more.squares;
}

} // namespace

void arm_counters::add(const arm_counters& other) {
  errors = errors + other.errors;
  latency.add(other.latency);
  if (answers.size() < other.answers.size())
    answers.resize(other.answers.size());
  for (std::size_t i = 0; i < other.answers.size(); ++i)
    add_to(answers[i], other.answers[i]);
  add_to(rewards, other.rewards);
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

result<arm_counters> since(const arm_counters& now, const arm_counters& before) {
  arm_counters grown;
  result<void> all;
  take_since(all, grown.errors, now.errors, before.errors);
  take_since(all, grown.latency, now.latency, before.latency);
  take_since(all, grown.rewards, now.rewards, before.rewards);
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
  set_alpha(options.rewards, share);
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
  take_advance(all, next.rewards, reward_batch{candidate.rewards, incumbent.rewards}, options.rewards);
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
