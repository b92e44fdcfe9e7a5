#include "runtime/base/rollout_toml.hpp"

#include "runtime/base/enum_names.hpp"
#include "runtime/base/rollout_check_toml.hpp"
#include "runtime/base/rollout_traffic_toml.hpp"
#include "runtime/base/toml_reader.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace troupe {

namespace {

using namespace std::chrono_literals;

using strategy_list = std::vector<rollout_strategy>;

constexpr std::array strategies = {rollout_strategy::rolling, rollout_strategy::canary, rollout_strategy::blue_green,
                                   rollout_strategy::ab, rollout_strategy::shadow};
constexpr std::array overdue_actions = {overdue_action::roll_back, overdue_action::ask};
constexpr std::array<permille, 4> canary_weights = {10, 50, 250, 500};

/// What a stage of the strategy is if its section says nothing.
stage_spec default_stage(rollout_strategy strategy) {
  switch (strategy) {
  case rollout_strategy::blue_green: return {strategy, 0, 0, 0s, 0, false};
  case rollout_strategy::ab: return {strategy, 500, 0, 60s, 1000, false};
  case rollout_strategy::shadow: return {strategy, 0, 100, 60s, 100, false};
  case rollout_strategy::rolling:
  case rollout_strategy::canary: break;
  }
  return {strategy, 0, 0, 60s, 100, false};
}

bool contains(const strategy_list& list, rollout_strategy strategy) {
  return std::find(list.begin(), list.end(), strategy) != list.end();
}

/// "shadow, canary"
std::string listed(const strategy_list& list) {
  std::string text;
  for (auto strategy : list)
    text += (text.empty() ? "" : ", ") + std::string(to_string(strategy));
  return text;
}

std::string percent_text(permille share) {
  return per_cent(share) + " %";
}

// -- strategies -------------------------------------------------------------------------------------------------------------------

void check_alone(toml_section& root, const strategy_list& list) {
  if (list.size() > 1 && contains(list, rollout_strategy::rolling))
    root.refuse("strategy", "expected \"rolling\" alone, found " + listed(list));
}

/// In their order, each once. Nothing if one isn't known: then nobody can say what else belongs into the file.
std::optional<strategy_list> read_strategies(toml_section& root) {
  auto expected = "one of " + names_of(strategies);
  std::vector<std::string> names = {"rolling"};
  if (!root.texts("strategy", names, strategies.size(), expected) && root.has("strategy"))
    return std::nullopt;
  strategy_list list;
  bool all_known = true;
  for (const auto& name : names) {
    auto strategy = strategy_from(name);
    all_known = all_known && strategy;
    if (!strategy)
      root.refuse("strategy", "expected " + expected + ", found " + quoted_value(name) + advice_on(name, strategies));
    else if (contains(list, *strategy))
      root.refuse("strategy", "expected each strategy once, found \"" + name + "\" again");
    else
      list.push_back(*strategy);
  }
  check_alone(root, list);
  return all_known ? std::optional(list) : std::nullopt;
}

// -- stages -----------------------------------------------------------------------------------------------------------------------

/// A duration that isn't cut to whole seconds in silence.
void read_seconds(toml_section& section, std::string_view key, std::chrono::seconds& value, std::chrono::seconds min,
                  std::chrono::seconds max) {
  std::chrono::nanoseconds exact = value;
  section.duration<std::chrono::nanoseconds>(key, exact, min, max);
  if (exact % 1s != 0ns)
    return section.refuse(key, "expected whole seconds, found " + human_duration(exact));
  value = std::chrono::duration_cast<std::chrono::seconds>(exact);
}

void read_hold(toml_section& section, stage_spec& stage) {
  read_seconds(section, "hold", stage.hold, 0s, rollout_hold_max);
  section.boolean("asks", stage.asks);
}

void read_samples(toml_section& section, stage_spec& stage) {
  auto samples = static_cast<std::uint32_t>(stage.samples);
  section.integer("samples", samples, 0, rollout_samples_max);
  stage.samples = samples;
}

std::vector<stage_spec> default_steps() {
  std::vector<stage_spec> steps(canary_weights.size(), default_stage(rollout_strategy::canary));
  for (std::size_t i = 0; i < steps.size(); ++i)
    steps[i].weight = canary_weights[i];
  return steps;
}

/// Adds the step, unless its weight can't be read; what is said of the others then doesn't depend on it.
void read_step(toml_section& section, std::vector<stage_spec>& steps) {
  auto step = default_stage(rollout_strategy::canary);
  bool has_weight = section.percent("weight", step.weight, rollout_weight_min, all_requests);
  if (!section.has("weight"))
    section.refuse("weight", "missing; expected per cent like 5 or 0.5");
  if (has_weight && !steps.empty() && step.weight <= steps.back().weight)
    section.refuse("weight", "expected more than the step before it, which is " + percent_text(steps.back().weight) + ", found "
                                 + percent_text(step.weight));
  read_hold(section, step);
  read_samples(section, step);
  section.refuse_unknown_keys();
  if (has_weight)
    steps.push_back(step);
}

std::vector<stage_spec> read_canary(toml_section& canary) {
  auto sections = canary.sections("step");
  if (sections.size() > rollout_steps_max) {
    canary.refuse("step",
                  "expected at most " + std::to_string(rollout_steps_max) + " steps, found " + std::to_string(sections.size()));
    sections.clear();
  }
  std::vector<stage_spec> steps;
  for (auto& section : sections)
    read_step(section, steps);
  return steps.empty() ? default_steps() : steps;
}

/// The others, and the candidate's weight, which each of them gets, too.
void read_arms(toml_section& section, permille& weight, std::vector<version_number>& others) {
  section.integers("others", others, 1, std::numeric_limits<version_number>::max(), rollout_others_max);
  for (auto it = others.begin(); it != others.end(); ++it)
    if (std::find(others.begin(), it, *it) != it)
      section.refuse("others", "expected each version once, found " + std::to_string(*it) + " again");
  auto challengers = static_cast<permille>(others.size() + 1);
  if (challengers > 1)
    weight = all_requests / (challengers + 1);
  if (section.percent("weight", weight, rollout_weight_min, rollout_ab_weight_max)
      && weight > rollout_ab_weight_max / challengers)
    section.refuse("weight", "expected at most " + percent_text(rollout_ab_weight_max / challengers) + ", because "
                                 + std::to_string(challengers) + " versions get as much each and the live one the rest, found "
                                 + percent_text(weight));
}

std::vector<stage_spec> read_stages(toml_section& section, rollout_strategy strategy, std::vector<version_number>& others) {
  auto stage = default_stage(strategy);
  switch (strategy) {
  case rollout_strategy::rolling: return {};
  case rollout_strategy::canary: return read_canary(section);
  case rollout_strategy::blue_green: break;
  case rollout_strategy::ab:
    read_arms(section, stage.weight, others);
    read_samples(section, stage);
    break;
  case rollout_strategy::shadow:
    section.percent("share", stage.copies, rollout_weight_min, all_requests);
    read_samples(section, stage);
    break;
  }
  read_hold(section, stage);
  return {stage};
}

std::optional<rolling_bounds> read_rolling(toml_section& root) {
  if (!root.has("rolling"))
    return std::nullopt;
  auto section = root.section("rolling");
  rolling_bounds bounds;
  section.integer("surge", bounds.surge, 0, rollout_replicas_max);
  section.integer("unavailable", bounds.unavailable, 0, rollout_replicas_max);
  read_seconds(section, "hold", bounds.hold, 0s, rollout_hold_max);
  if (bounds.surge + bounds.unavailable == 0)
    root.refuse("rolling", "expected a surge or unavailable replicas, found neither: then no replica could be replaced");
  section.refuse_unknown_keys();
  return bounds;
}

/// The stages of all strategies, in the order of the list. If that isn't known, each section that is there is read for its problems.
std::vector<stage_spec> read_sections(toml_section& root, const std::optional<strategy_list>& chosen,
                                      std::vector<version_number>& others) {
  std::array<std::vector<stage_spec>, strategies.size()> found;
  for (auto strategy : strategies) {
    auto key = to_string(strategy);
    if (chosen && !contains(*chosen, strategy)) {
      if (root.has(key))
        root.refuse(key, "expected none, because the strategy is " + listed(*chosen));
      continue;
    }
    if (strategy == rollout_strategy::rolling)
      continue; // its stages depend on the replicas
    auto section = root.section(key);
    found[static_cast<std::size_t>(strategy)] = read_stages(section, strategy, others);
    section.refuse_unknown_keys();
  }
  std::vector<stage_spec> stages;
  for (auto strategy : chosen.value_or(strategy_list()))
    for (const auto& stage : found[static_cast<std::size_t>(strategy)])
      stages.push_back(stage);
  return stages;
}

/// Who was answered by the candidate shall not go back to the incumbent while the candidate does well.
void check_order(toml_section& root, const std::vector<stage_spec>& stages) {
  for (std::size_t i = 1; i < stages.size(); ++i) {
    const auto& before = stages[i - 1];
    const auto& after = stages[i];
    if (after.strategy != before.strategy && after.weight < before.weight)
      root.refuse("strategy", "expected an order in which the candidate's weight never falls, found "
                                  + std::string(to_string(after.strategy)) + ", which begins with " + percent_text(after.weight)
                                  + ", after " + std::string(to_string(before.strategy)) + ", which ends with "
                                  + percent_text(before.weight));
  }
}

void read_split(toml_section& root, rollout_spec& spec, const std::optional<strategy_list>& chosen) {
  if (chosen != strategy_list{rollout_strategy::rolling}) {
    auto traffic = root.section("traffic");
    read_traffic(traffic, spec, chosen && contains(*chosen, rollout_strategy::ab));
  } else if (root.has("traffic"))
    root.refuse("traffic", "expected none, because the strategy is rolling: no request is split");
}

void read_scalars(toml_section& root, rollout_spec& spec) {
  root.number("alpha", spec.alpha, 0, rollout_alpha_max, true);
  root.integer("fuse", spec.fuse, 0, rollout_fuse_max);
  read_seconds(root, "overdue", spec.overdue, rollout_overdue_min, rollout_overdue_max);
  std::string name(to_string(spec.on_overdue));
  root.text("on_overdue", name);
  if (auto action = named(name, overdue_actions))
    spec.on_overdue = *action;
  else
    root.refuse("on_overdue", "expected one of " + names_of(overdue_actions) + ", found " + quoted_value(name));
}

} // namespace

std::string per_cent(permille share) {
  return std::to_string(share / 10) + (share % 10 == 0 ? "" : "." + std::to_string(share % 10));
}

std::string name_of(const check_spec& check) {
  if (check.bounded)
    return check.bounded->value;
  auto by = check.by == output_look::values ? "" : " by " + std::string(to_string(check.by));
  return std::string(to_string(check.kind)) + by + (check.output.empty() ? "" : " of " + check.output);
}

std::optional<rollout_strategy> strategy_from(std::string_view name) {
  return named(name, strategies);
}

result<rollout_spec> parse_rollout_toml(std::string_view text, std::string_view file_name) {
  auto document = parse_toml(text, file_name);
  if (!document)
    return document.failure();
  toml_problems problems(file_name);
  toml_section root(*document, problems);
  rollout_spec spec;
  auto chosen = read_strategies(root);
  read_scalars(root, spec);
  spec.stages = read_sections(root, chosen, spec.others);
  if (!chosen || contains(*chosen, rollout_strategy::rolling))
    spec.rolling = read_rolling(root);
  check_order(root, spec.stages);
  read_split(root, spec, chosen);
  read_checks(root, spec, chosen.has_value());
  root.refuse_unknown_keys();
  if (!problems.empty())
    return problems.to_error();
  return spec;
}

} // namespace troupe
