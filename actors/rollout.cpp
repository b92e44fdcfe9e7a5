#include "actors/rollout.hpp"

#include "runtime/base/rollout_toml.hpp"

#include <algorithm>

namespace troupe {

namespace {

double quantile_of(check_kind kind) {
  return kind == check_kind::latency_p50 ? 0.5 : kind == check_kind::latency_p95 ? 0.95 : 0.99;
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
    }
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

arm_figures figures_of(const arm_counters& did) {
  return {did.errors.requests, did.errors.failures, std::chrono::microseconds(did.latency.quantile_us(0.5)),
          std::chrono::microseconds(did.latency.quantile_us(0.99))};
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
  if (split_ && split_->number == split.number)
    return;
  split_ = split;
  fresh_ = true;
  state_ = {};
  total_ = {};
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
  if (std::exchange(fresh_, false))
    return; // some of it was done under the split before
  if (advance(state_, news, tests_)) {
    total_.candidate.add(news.candidate);
    total_.incumbent.add(news.incumbent);
  }
  self_->send(options_->told, seen_of(seen));
}

step_batch rollout_state::take_news(const traffic_view& seen) {
  step_batch batch;
  for (const auto& each : seen.pools) {
    if (each.did == nullptr)
      continue;
    place where{each.node_id, each.version};
    auto before = known_.find(where);
    auto news = news_of(*each.did, before == known_.end() ? nullptr : before->second.get());
    if (each.version == options_->candidate)
      batch.candidate.add(news);
    else if (each.version == options_->incumbent)
      batch.incumbent.add(news);
    known_[where] = each.did;
  }
  return batch;
}

rollout_seen rollout_state::seen_of(const traffic_view& seen) const {
  rollout_seen told;
  told.evidence.split_number = split_->number;
  told.evidence.candidate_samples = total_.candidate.errors.requests;
  told.evidence.incumbent_samples = total_.incumbent.errors.requests;
  told.evidence.checks = checks();
  told.figures = {figures_of(total_.candidate), figures_of(total_.incumbent)};
  for (const auto& fuse : seen.fuses)
    if (fuse.split_number == split_->number)
      told.fuse = fuse.what;
  return told;
}

std::vector<check_view> rollout_state::checks() const {
  auto verdicts = judge(state_, tests_); // the error rate first, then the latencies as they stand in the spec
  std::vector<check_view> all;
  std::size_t latency = tests_.errors ? 1 : 0;
  for (const auto& check : options_->spec.checks) {
    const auto& said = verdicts.at(is_latency(check.kind) ? latency++ : 0);
    all.push_back({judgement_of(said.is), said.reason, total_.candidate.errors.requests});
  }
  return all;
}

rollout_state::behavior_type rollout(rollout_state::self_pointer self, rollout_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
