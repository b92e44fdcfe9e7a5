#include "runtime/gateway/rollout_metrics.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/policy/rolling_plan.hpp"

#include <algorithm>
#include <optional>

namespace troupe {

namespace {

using std::chrono::duration;

// -- how this node divides requests -----------------------------------------------------------------------------------------------

void add_splits(metric_families& to, const std::vector<split_figures>& from) {
  auto weight =
      gauge_family("troupe_split_weight", "Share of a deployment's requests that this node gives to the candidate of "
                                          "its rollout, or to another version that is tested, 0 to 1, unless the fuse is blown");
  auto number = gauge_family("troupe_split_number", "Of the split by which this node divides requests; grows with each");
  auto blown = gauge_family("troupe_split_fuse_blown", "1 once failures of the candidate made this node turn back by itself");
  for (const auto& split : from) {
    auto labels = labels_of(split.candidate);
    add_value(weight, labels, static_cast<double>(split.rule.weight) / all_requests);
    for (const auto& other : split.others)
      add_value(weight, labels_of(other), static_cast<double>(split.rule.weight) / all_requests);
    add_value(number, labels, split.rule.generation);
    if (split.rule.fuse > 0)
      add_flag(blown, labels, split.blown);
  }
  to.push_back(std::move(weight));
  to.push_back(std::move(number));
  to.push_back(std::move(blown));
}

// -- where each rollout is --------------------------------------------------------------------------------------------------------

/// A rollout that is under way, and what its candidate's rollout.toml says.
struct known_rollout {
  version_id candidate;
  version_id incumbent;
  const rollout_status& now;
  rollout_spec spec;
};

rollout_spec spec_of(const deployment_view& from, version_number candidate) {
  auto is_candidate = [candidate](const version_view& version) { return version.record.id.number == candidate; };
  auto version = std::find_if(from.versions.begin(), from.versions.end(), is_candidate);
  auto spec = version == from.versions.end() ? result<rollout_spec>(rollout_spec{})
                                             : parse_rollout_toml(version->record.rollout_toml, "rollout.toml");
  return spec ? with_rolling_stages(std::move(*spec), from.record.wanted_replicas) : rollout_spec{};
}

std::vector<known_rollout> rollouts_in(const deployment_list& from) {
  std::vector<known_rollout> all;
  for (const auto& each : from.deployments)
    if (each.rollout)
      all.push_back({{each.record.name, each.rollout->candidate},
                     {each.record.name, each.rollout->incumbent},
                     *each.rollout,
                     spec_of(each, each.rollout->candidate)});
  return all;
}

void add_places(metric_families& to, const std::vector<known_rollout>& from) {
  auto stage = gauge_family("troupe_rollout_stage", "The stage that a rollout is in, counted from 1");
  auto stages = gauge_family("troupe_rollout_stages", "Stages that a rollout has");
  auto held = gauge_family("troupe_rollout_held_seconds", "How long a rollout has been in its stage, without pauses");
  auto paused = gauge_family("troupe_rollout_paused", "1 while a person has paused a rollout");
  auto asking = gauge_family("troupe_rollout_asking", "1 while a rollout waits for a person to say what shall be");
  for (const auto& each : from) {
    auto labels = labels_of(each.candidate);
    const auto& course = each.now.course;
    add_value(stage, labels, course.stage + std::uint64_t{1});
    add_value(stages, labels, std::uint64_t{each.spec.stages.size()});
    add_value(held, labels, duration<double>(course.held).count());
    add_flag(paused, labels, course.paused);
    add_flag(asking, labels, course.asking);
  }
  for (auto family : {&stage, &stages, &held, &paused, &asking})
    to.push_back(std::move(*family));
}

double judgement_value(check_judgement judgement) {
  switch (judgement) {
  case check_judgement::fine: return 1;
  case check_judgement::worse: return -1;
  case check_judgement::undecided: break;
  }
  return 0;
}

metric_labels labels_of_check(const version_id& candidate, const check_spec& check) {
  auto labels = with_label(labels_of(candidate), "check", std::string(to_string(check.kind)));
  if (check.bounded)
    return with_label(std::move(labels), "value", check.bounded->value);
  if (check.by != output_look::values)
    labels = with_label(std::move(labels), "by", std::string(to_string(check.by)));
  return check.output.empty() ? labels : with_label(std::move(labels), "output", check.output);
}

void add_judgements(metric_families& to, const std::vector<known_rollout>& from) {
  auto family = gauge_family("troupe_rollout_check_judgement",
                             "What a check says of the candidate: 1 fine, 0 undecided, -1 worse than the version before");
  for (const auto& each : from)
    for (std::size_t i = 0; i < std::min(each.spec.checks.size(), each.now.checks.size()); ++i)
      add_value(family, labels_of_check(each.candidate, each.spec.checks[i]), judgement_value(each.now.checks[i].judgement));
  to.push_back(std::move(family));
}

/// A family with what all versions of each rollout did since its stage began. `value` gives nothing of a version that had no requests yet.
template <class Value>
prometheus::MetricFamily all_sides(const char* name, const char* help, const std::vector<known_rollout>& from,
                                   const Value& value) {
  auto family = gauge_family(name, help);
  auto add = [&](const version_id& version, const char* side, const arm_figures& did) {
    if (std::optional<double> known = value(did))
      add_value(family, with_label(labels_of(version), "side", side), *known);
  };
  for (const auto& each : from) {
    add(each.candidate, "candidate", each.now.figures.candidate);
    add(each.incumbent, "incumbent", each.now.figures.incumbent);
    for (const auto& other : each.now.figures.others)
      add({each.candidate.deployment, other.version}, "other", other.did);
  }
  return family;
}

std::optional<double> seconds_of(std::chrono::microseconds latency) {
  return latency.count() == 0 ? std::nullopt : std::optional(duration<double>(latency).count());
}

std::optional<double> rewards_of(const arm_figures& did) {
  return did.rewards == 0 ? std::nullopt : std::optional(static_cast<double>(did.rewards));
}

std::optional<double> reward_mean_of(const arm_figures& did) {
  return did.rewards == 0 ? std::nullopt : std::optional(did.reward_mean);
}

void add_figures(metric_families& to, const std::vector<known_rollout>& from) {
  to.push_back(all_sides("troupe_rollout_requests", "Requests of each version since a rollout's stage began, on all nodes", from,
                         [](const arm_figures& did) { return static_cast<double>(did.requests); }));
  to.push_back(all_sides("troupe_rollout_failures", "Of these, those that the version failed on", from,
                         [](const arm_figures& did) { return static_cast<double>(did.failures); }));
  to.push_back(all_sides("troupe_rollout_latency_p50_seconds", "Median of the latencies since a rollout's stage began", from,
                         [](const arm_figures& did) { return seconds_of(did.p50); }));
  to.push_back(all_sides("troupe_rollout_latency_p99_seconds", "99th percentile of the same", from,
                         [](const arm_figures& did) { return seconds_of(did.p99); }));
  to.push_back(all_sides("troupe_rollout_rewards", "Rewards of each version in an A/B test, on all nodes", from, rewards_of));
  to.push_back(all_sides("troupe_rollout_reward_mean", "Their mean, 0 to 1", from, reward_mean_of));
}

void add_copies(metric_families& to, const std::vector<known_rollout>& from) {
  auto sent =
      gauge_family("troupe_rollout_copies", "Copies of requests sent to the candidate since the stage began, on all nodes");
  auto shed = gauge_family("troupe_rollout_copies_shed", "Copies that were not sent, because the candidate had enough to do");
  for (const auto& each : from) {
    add_value(sent, labels_of(each.candidate), each.now.figures.copies);
    add_value(shed, labels_of(each.candidate), each.now.figures.shed);
  }
  to.push_back(std::move(sent));
  to.push_back(std::move(shed));
}

// -- how those before ended -------------------------------------------------------------------------------------------------------

/// Zeros, too, so that the first one is seen as an increase.
void add_ended(metric_families& to, const metrics_view& from) {
  auto family = counter_family("troupe_rollouts_total", "Rollouts by stages that ended, counted by the node that led");
  for (const auto& deployment : from.deployments.deployments) {
    const auto& name = deployment.record.name;
    auto found = from.ended_rollouts.find(name);
    auto count = found == from.ended_rollouts.end() ? rollout_count{} : found->second;
    add_value(family, {{"model", name}, {"outcome", "promoted"}}, count.promoted);
    add_value(family, {{"model", name}, {"outcome", "rolled_back"}}, count.rolled_back);
  }
  to.push_back(std::move(family));
}

} // namespace

metric_families rollout_metrics(const metrics_view& from) {
  metric_families families;
  add_splits(families, from.splits);
  bool out_of_date = from.deployments.kept || from.deployments.age.count() > 0;
  if (!out_of_date) {
    auto rollouts = rollouts_in(from.deployments);
    add_places(families, rollouts);
    add_judgements(families, rollouts);
    add_figures(families, rollouts);
    add_copies(families, rollouts);
  }
  add_ended(families, from);
  return families;
}

} // namespace troupe
