#include "actors/rollout.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// So much more it may take besides: what processes have warmed differs by some megabytes.
constexpr double memory_margin_bytes = 32 << 20;

double quantile_of(check_kind kind) {
  return kind == check_kind::latency_p50 ? 0.5 : kind == check_kind::latency_p95 ? 0.95 : 0.99;
}

std::string name_of(const check_spec& check, const char* of_all) {
  return check.output.empty() ? of_all : std::string(of_all) + " of " + check.output;
}

answer_options answer_test_of(const check_spec& check) {
  if (check.kind == check_kind::disagreement) {
    proportion_options options;
    options.name = name_of(check, "disagreement");
    options.bound = check.tolerance;
    return options;
  }
  if (check.kind == check_kind::finite_outputs) {
    rate_options options;
    options.name = name_of(check, "share of answers with NaN or infinity");
    options.odds_tolerated = 1 + check.tolerance;
    return options;
  }
  drift_options options;
  options.name = name_of(check, "output drift");
  options.kind = check.by == output_look::top_class ? drift_kind::classes : drift_kind::numbers;
  options.distance_tolerated = check.tolerance;
  return options;
}

bool has_ab_test(const rollout_spec& spec) {
  return std::any_of(spec.stages.begin(), spec.stages.end(),
                     [](const stage_spec& stage) { return stage.strategy == rollout_strategy::ab; });
}

step_options tests_of(const rollout_spec& spec) {
  step_options tests;
  tests.division.alpha = spec.alpha;
  tests.division.steps = static_cast<std::uint32_t>(spec.stages.size());
  for (const auto& check : spec.checks)
    if (check.kind == check_kind::error_rate) {
      tests.errors.emplace().odds_tolerated = 1 + check.tolerance;
    } else if (is_latency(check.kind)) {
      if (!tests.latency)
        tests.latency.emplace().checks.clear();
      tests.latency->checks.push_back(
          {quantile_of(check.kind), 1 + check.tolerance, static_cast<std::uint64_t>(check.margin.count())});
    } else if (looks_into_answers(check.kind)) {
      tests.answers.push_back(answer_test_of(check));
    }
  if (has_ab_test(spec))
    tests.rewards.emplace();
  return with_shares(std::move(tests));
}

check_judgement judgement_of(standing is) {
  switch (is) {
  case standing::fine: return check_judgement::fine;
  case standing::worse: return check_judgement::worse;
  case standing::undecided: break;
  }
  return check_judgement::undecided;
}

/// A node or a pool that began anew counts from zero.
arm_counters news_of(const arm_counters& now, const arm_counters* before) {
  if (before == nullptr)
    return now;
  auto news = since(now, *before);
  return news ? std::move(*news) : now;
}

arm_counters counters_of(const watch_counters::arm& seen) {
  arm_counters counters;
  counters.answers = seen.answers;
  counters.rewards = seen.rewards;
  return counters;
}

arm_judgement arm_judgement_of(standing is) {
  switch (is) {
  case standing::fine: return arm_judgement::better; // it gains, since no loss is tolerated
  case standing::worse: return arm_judgement::worse;
  case standing::undecided: break;
  }
  return arm_judgement::undecided;
}

/// How many answers it could judge by.
std::uint64_t samples_of(const std::vector<answer_counters>& answers, std::size_t index) {
  return index < answers.size() ? answers[index].bad.requests + count_of(answers[index].bins) : 0;
}

arm_figures figures_of(const arm_counters& did) {
  return {did.errors.requests,
          did.errors.failures,
          std::chrono::microseconds(did.latency.quantile_us(0.5)),
          std::chrono::microseconds(did.latency.quantile_us(0.99)),
          did.rewards.count,
          did.rewards.mean()};
}

} // namespace

rollout_state::behavior_type rollout_state::begin(rollout_options options) {
  options_.emplace(std::move(options));
  tests_ = tests_of(options_->spec);
  self_->send(self_, look_now{});
  return {
      [this](const judge_split& split) { on_split(split); },
      [this](look_now) { look(); },
  };
}

void rollout_state::on_split(const judge_split& split) {
  if (split_ && split_->order == split.order)
    return;
  split_ = split;
  fresh_ = true;
  state_ = {};
  total_ = {};
  for (auto it = known_.begin(); it != known_.end();)
    it = std::get<counted_by>(it->first) == counted_by::gateway ? known_.erase(it)
                                                                : std::next(it); // it begins anew with the split
}

void rollout_state::look() {
  const auto& node = options_->node;
  self_->delayed_send(self_, node.timing.report_interval, look_now{});
  auto placer = node.actors.placer.get();
  if (!placer || !split_)
    return;
  self_->request(placer, node.timing.patience, get_traffic{options_->deployment})
      .then([this](const traffic_view& seen) { on_traffic(seen); }, [](const caf::error&) {}); // the next look is soon enough
}

void rollout_state::on_traffic(const traffic_view& seen) {
  auto news = take_news(seen);
  if (advance(state_, news, tests_)) {
    total_.candidate.add(news.candidate);
    total_.incumbent.add(news.incumbent);
  }
  self_->send(options_->told, seen_of(seen));
}

step_batch rollout_state::take_news(const traffic_view& seen) {
  step_batch batch;
  take_pools(seen, batch);
  if (std::exchange(fresh_, false))
    batch = {}; // some of it was done under the split before
  take_watches(seen, batch);
  measure_memory(seen);
  return batch;
}

void rollout_state::take_pools(const traffic_view& seen, step_batch& batch) {
  for (const auto& each : seen.pools)
    if (each.did != nullptr && (each.version == options_->candidate || each.version == options_->incumbent))
      arm_of(batch, each.version).add(news_at({each.node_id, counted_by::pool, each.version}, each.did));
}

void rollout_state::take_watches(const traffic_view& seen, step_batch& batch) {
  copies_ = shed_ = 0;
  for (const auto& each : seen.watches) {
    if (each.split_number != split_->order)
      continue;
    copies_ += each.seen->copies;
    shed_ += each.seen->shed;
    auto take = [&](version_number version, const watch_counters::arm& arm) {
      arm_of(batch, version)
          .add(news_at({each.node_id, counted_by::gateway, version}, std::make_shared<arm_counters>(counters_of(arm))));
    };
    take(options_->candidate, each.seen->candidate);
    take(options_->incumbent, each.seen->incumbent);
  }
}

arm_counters& rollout_state::arm_of(step_batch& batch, version_number version) const {
  return version == options_->candidate ? batch.candidate : batch.incumbent;
}

arm_counters rollout_state::news_at(const place& where, std::shared_ptr<const arm_counters> now) {
  auto& before = known_[where];
  auto news = news_of(*now, before.get());
  before = std::move(now);
  return news;
}

rollout_seen rollout_state::seen_of(const traffic_view& seen) const {
  rollout_seen told;
  told.evidence.split_number = split_->number;
  told.evidence.candidate_samples = total_.candidate.errors.requests;
  told.evidence.incumbent_samples = total_.incumbent.errors.requests;
  told.evidence.checks = checks();
  if (split_->is_ab_test)
    judge_rewards(told.evidence);
  told.figures = {figures_of(total_.candidate), figures_of(total_.incumbent), copies_, shed_};
  for (const auto& fuse : seen.fuses)
    if (fuse.split_number == split_->order)
      told.fuse = fuse.what;
  return told;
}

void rollout_state::judge_rewards(course_evidence& evidence) const {
  auto said = judge(state_.rewards, *tests_.rewards);
  evidence.candidate_samples = std::min(total_.candidate.rewards.count, total_.incumbent.rewards.count);
  evidence.arm = arm_judgement_of(said.is);
  evidence.arm_words = said.reason;
}

/// Where it was not measured on all nodes yet, of the others.
void rollout_state::measure_memory(const traffic_view& seen) {
  std::map<version_number, std::pair<std::uint64_t, std::uint32_t>> sums;
  for (const auto& each : seen.pools)
    if (each.memory_bytes > 0 && each.replicas > 0) {
      sums[each.version].first += each.memory_bytes;
      sums[each.version].second += each.replicas;
    }
  auto mean = [&sums](version_number version) {
    auto found = sums.find(version);
    return found == sums.end() ? 0 : found->second.first / found->second.second;
  };
  memory_ = {mean(options_->candidate), mean(options_->incumbent)};
}

check_view rollout_state::judge_memory(const check_spec& check) const {
  if (memory_.candidate_bytes == 0 || memory_.incumbent_bytes == 0)
    return {check_judgement::undecided, "memory: not measured yet", 0};
  auto most = static_cast<double>(memory_.incumbent_bytes) * (1 + check.tolerance) + memory_margin_bytes;
  bool more = static_cast<double>(memory_.candidate_bytes) > most;
  return {more ? check_judgement::worse : check_judgement::fine,
          "memory of a replica " + human_size(memory_.candidate_bytes) + " against " + human_size(memory_.incumbent_bytes), 1};
}

std::vector<check_view> rollout_state::checks() const {
  auto verdicts =
      judge(state_, tests_); // the error rate first, then the latencies, then the answers, each as they stand in the spec
  std::vector<check_view> all;
  std::size_t latency = tests_.errors ? 1 : 0;
  std::size_t answers = 0;
  auto first_answer = verdicts.size() - tests_.answers.size();
  for (const auto& check : options_->spec.checks) {
    if (check.kind == check_kind::memory) {
      all.push_back(judge_memory(check));
      continue;
    }
    bool of_answers = looks_into_answers(check.kind);
    auto samples = of_answers ? samples_of(total_.candidate.answers, answers) : total_.candidate.errors.requests;
    if (is_latency(check.kind))
      samples = total_.candidate.latency.total;
    auto index = of_answers ? first_answer + answers++ : is_latency(check.kind) ? latency++ : 0;
    all.push_back({judgement_of(verdicts.at(index).is), verdicts.at(index).reason, samples});
  }
  return all;
}

rollout_state::behavior_type rollout(rollout_state::self_pointer self, rollout_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
