#include "actors/rollout.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/units.hpp"
#include "runtime/policy/expression_check.hpp"

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
  tests.division.arms = static_cast<std::uint32_t>(spec.others.size() + 1);
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

/// From one look to the next; a node or a pool that began anew counts from zero. `before` becomes `now`.
template <class Counters>
Counters take_since(Counters& before, const Counters& now) {
  auto news = since(now, before);
  before = now;
  return news ? std::move(*news) : now;
}

/// How many answers it could judge by.
std::uint64_t samples_of(const std::vector<answer_counters>& answers, std::size_t index) {
  return index < answers.size() ? answers[index].bad.requests + count_of(answers[index].bins) : 0;
}

void add_work(arm_counters& to, const work_counters& did) {
  arm_counters work;
  work.work = did;
  to.add(work);
}

arm_figures figures_of(const arm_counters& did) {
  return {did.errors.requests,
          did.errors.failures,
          std::chrono::microseconds(did.latency.quantile_us(0.5)),
          std::chrono::microseconds(did.latency.quantile_us(0.99)),
          did.rewards.count,
          did.rewards.mean(),
          false};
}

} // namespace

rollout_state::behavior_type rollout_state::begin(rollout_options options) {
  options_.emplace(std::move(options));
  challengers_.push_back({options_->candidate, tests_of(options_->spec)});
  for (auto other : options_->spec.others) {
    challengers_.push_back({other, candidate().tests});
    challengers_.back().tests.answers.clear(); // nobody looks into theirs
  }
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
  for (auto& each : challengers_) {
    each.state = {};
    each.total = {};
  }
  incumbent_total_ = {};
  rewards_ = {};
  known_watches_.clear(); // they begin anew with the split
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
  const auto& incumbent = news[options_->incumbent];
  for (auto& each : challengers_)
    if (const auto& did = news[each.version]; advance(each.state, {did, incumbent}, each.tests))
      each.total.add(did);
  incumbent_total_.add(incumbent);
  if (split_->is_ab_test)
    take_rewards(news);
  self_->send(options_->told, seen_of(seen));
}

rollout_state::news_map rollout_state::take_news(const traffic_view& seen) {
  news_map news;
  take_pools(seen, news);
  if (std::exchange(fresh_, false))
    news.clear(); // some of it was done under the split before
  take_watches(seen, news);
  candidate_now_ = replicas_of(seen, options_->candidate);
  incumbent_now_ = replicas_of(seen, options_->incumbent);
  return news;
}

void rollout_state::take_pools(const traffic_view& seen, news_map& news) {
  for (const auto& each : seen.pools)
    add_work(news[each.version], take_since(known_work_[{each.node_id, each.version}], each.did));
}

void rollout_state::take_watches(const traffic_view& seen, news_map& news) {
  copies_ = shed_ = 0;
  for (const auto& each : seen.watches) {
    if (each.split_number != split_->order)
      continue;
    copies_ += each.seen->copies;
    shed_ += each.seen->shed;
    auto take = [&](version_number version, const arm_counters& arm) {
      news[version].add(take_since(known_watches_[{each.node_id, version}], arm));
    };
    take(options_->candidate, each.seen->candidate);
    take(options_->incumbent, each.seen->incumbent);
    for (std::size_t i = 0; i < std::min(each.seen->others.size(), challengers_.size() - 1); ++i)
      take(challengers_[i + 1].version, each.seen->others[i]);
  }
}

void rollout_state::take_rewards(const news_map& news) {
  std::vector<reward_sums> batch;
  for (std::size_t arm = 0; arm <= challengers_.size(); ++arm)
    batch.push_back(news.at(version_of(arm)).rewards);
  static_cast<void>(advance(rewards_, batch, *candidate().tests.rewards)); // sums that can't be are left out, as counts are
}

rollout_seen rollout_state::seen_of(const traffic_view& seen) const {
  rollout_seen told;
  told.evidence.split_number = split_->number;
  told.evidence.candidate_samples = candidate().total.errors.requests;
  told.evidence.incumbent_samples = incumbent_total_.errors.requests;
  told.evidence.checks = checks();
  if (split_->is_ab_test)
    judge_rewards(told.evidence);
  auto figures = [&out = told.evidence.out](version_number version, const arm_counters& did) {
    auto made = figures_of(did);
    made.is_out = std::find(out.begin(), out.end(), version) != out.end();
    return made;
  };
  told.figures = {
      figures(options_->candidate, candidate().total), figures(options_->incumbent, incumbent_total_), copies_, shed_, {}};
  for (std::size_t i = 1; i < challengers_.size(); ++i)
    told.figures.others.push_back({challengers_[i].version, figures(challengers_[i].version, challengers_[i].total)});
  for (const auto& fuse : seen.fuses)
    if (fuse.split_number == split_->order)
      told.fuse = fuse.what;
  return told;
}

void rollout_state::judge_rewards(course_evidence& evidence) const {
  auto arms = challengers_.size() + 1;
  evidence.candidate_samples = incumbent_total_.rewards.count;
  for (const auto& each : challengers_)
    evidence.candidate_samples = std::min(evidence.candidate_samples, each.total.rewards.count);
  auto [out, best] = judge_arms(rewards_, arms, *candidate().tests.rewards);
  auto told = best.value_or(incumbent_arm) == incumbent_arm ? std::size_t{candidate_arm} : *best;
  evidence.arm_words = reason_of_pair(rewards_, told, incumbent_arm, arms, *candidate().tests.rewards);
  for (std::size_t arm = 0; arm < arms; ++arm)
    if (out[arm] && arms > 2)
      evidence.out.push_back(version_of(arm));
  if (!best)
    return;
  if (*best >= first_other_arm)
    evidence.winner = version_of(*best);
  else
    evidence.arm = *best == candidate_arm ? arm_judgement::better : arm_judgement::worse;
}

/// Of an arm of the split.
version_number rollout_state::version_of(std::size_t arm) const {
  return arm == incumbent_arm ? options_->incumbent : challengers_[arm - candidate_arm].version;
}

version_replicas rollout_state::replicas_of(const traffic_view& seen, version_number version) {
  version_replicas all;
  std::uint64_t bytes = 0;
  std::uint32_t measured = 0;
  for (const auto& each : seen.pools) {
    if (each.version != version)
      continue;
    all.serving += each.replicas;
    if (each.memory_bytes == 0 || each.replicas == 0)
      continue;
    bytes += each.memory_bytes;
    measured += each.replicas;
  }
  all.memory_bytes = measured == 0 ? 0 : bytes / measured;
  return all;
}

check_view rollout_state::judge_bounded(const bounded_expression& check) const {
  return judge_expression(check, {candidate().total, candidate_now_.serving, candidate_now_.memory_bytes, check.asks_work},
                          {incumbent_total_, incumbent_now_.serving, incumbent_now_.memory_bytes, check.asks_work});
}

check_view rollout_state::judge_memory(const check_spec& check) const {
  if (candidate_now_.memory_bytes == 0 || incumbent_now_.memory_bytes == 0)
    return {check_judgement::undecided, "memory: not measured yet", 0};
  auto most = static_cast<double>(incumbent_now_.memory_bytes) * (1 + check.tolerance) + memory_margin_bytes;
  bool more = static_cast<double>(candidate_now_.memory_bytes) > most;
  return {more ? check_judgement::worse : check_judgement::fine,
          "memory of a replica " + human_size(candidate_now_.memory_bytes) + " against "
              + human_size(incumbent_now_.memory_bytes),
          1};
}

std::vector<check_view> rollout_state::checks() const {
  auto all = checks_of(candidate());
  for (std::size_t i = 1; i < challengers_.size(); ++i) {
    auto its = checks_of(challengers_[i]);
    for (std::size_t check = 0; check < all.size(); ++check)
      if (its[check].judgement == check_judgement::worse && all[check].judgement != check_judgement::worse)
        all[check] = {check_judgement::worse, "version " + std::to_string(challengers_[i].version) + ": " + its[check].words,
                      all[check].samples};
  }
  return all;
}

/// What only the candidate is looked at by says nothing of another.
std::vector<check_view> rollout_state::checks_of(const challenger& one) const {
  auto verdicts =
      judge(one.state, one.tests); // the error rate first, then the latencies, then the answers, each as they stand in the spec
  bool is_candidate = one.version == options_->candidate;
  std::vector<check_view> all;
  std::size_t latency = one.tests.errors ? 1 : 0;
  std::size_t answers = 0;
  auto first_answer = verdicts.size() - one.tests.answers.size();
  for (const auto& check : options_->spec.checks) {
    bool of_answers = looks_into_answers(check.kind);
    bool of_itself = check.kind == check_kind::memory || check.kind == check_kind::expression;
    if (!is_candidate && (of_answers || of_itself)) {
      all.emplace_back();
      continue;
    }
    if (of_itself) {
      all.push_back(check.bounded ? judge_bounded(*check.bounded) : judge_memory(check));
      continue;
    }
    auto samples = of_answers ? samples_of(one.total.answers, answers) : one.total.errors.requests;
    if (is_latency(check.kind))
      samples = one.total.latency.total;
    auto index = of_answers ? first_answer + answers++ : is_latency(check.kind) ? latency++ : 0;
    all.push_back({judgement_of(verdicts.at(index).is), verdicts.at(index).reason, samples});
  }
  return all;
}

rollout_state::behavior_type rollout(rollout_state::self_pointer self, rollout_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
