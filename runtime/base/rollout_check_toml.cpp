#include "runtime/base/rollout_check_toml.hpp"

#include "runtime/base/enum_names.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/rollout_toml.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

constexpr std::array check_kinds = {check_kind::error_rate,   check_kind::latency_p50,    check_kind::latency_p95,
                                    check_kind::latency_p99,  check_kind::finite_outputs, check_kind::output_drift,
                                    check_kind::disagreement, check_kind::memory};

constexpr std::array output_looks = {output_look::values, output_look::bytes, output_look::top_class};
constexpr double drift_tolerance = 0.1;
constexpr double disagreement_tolerance = 0.01;
constexpr double memory_tolerance = 0.25;

/// Whether it can be looked at in more than one way.
bool has_look(check_kind kind) {
  return kind == check_kind::output_drift || kind == check_kind::disagreement;
}

double default_tolerance(check_kind kind) {
  switch (kind) {
  case check_kind::output_drift: return drift_tolerance;
  case check_kind::disagreement: return disagreement_tolerance;
  case check_kind::memory: return memory_tolerance;
  default: return 0;
  }
}

/// Whether both versions get requests that the check could compare.
bool compares(const stage_spec& stage, check_kind kind, bool has_always) {
  return kind == check_kind::memory || (stage.copies > 0 && !is_latency(kind))
         || (stage.weight < all_requests && (stage.weight > 0 || has_always));
}

/// Refuses a check that would pass for ever, because it never sees anything.
void check_has_data(toml_section& section, check_kind kind, const rollout_spec& spec) {
  auto copies = [](const stage_spec& stage) { return stage.copies > 0; };
  auto both = [&](const stage_spec& stage) { return compares(stage, kind, spec.always.has_value()); };
  const auto& stages = spec.stages;
  if (kind == check_kind::disagreement && std::none_of(stages.begin(), stages.end(), copies))
    section.refuse("kind", "expected the strategy shadow with it, because only copies are answered by both versions, found none");
  else if (!spec.rolling && std::none_of(stages.begin(), stages.end(), both))
    section.refuse("kind", "expected a stage in which both versions get requests, because it compares them, found none");
}

void read_output(toml_section& section, check_spec& check) {
  if (!section.has("output"))
    return;
  if (!looks_into_answers(check.kind))
    return section.refuse("output", "expected none, because " + std::string(to_string(check.kind)) + " looks at no output");
  if (section.required_text("output", check.output, "the name of an output")
      && !is_printable_word(check.output, rollout_output_max))
    section.refuse("output", "expected 1 to " + std::to_string(rollout_output_max)
                                 + " printable ASCII characters without blanks, found " + quoted_value(check.output));
}

void read_margin(toml_section& section, check_spec& check) {
  if (section.has("margin") && !is_latency(check.kind))
    return section.refuse("margin", "expected none, because " + std::string(to_string(check.kind)) + " is no latency");
  section.duration("margin", check.margin, std::chrono::microseconds(0), std::chrono::microseconds(rollout_margin_max));
}

void read_look(toml_section& section, check_spec& check) {
  std::string name(to_string(check.by));
  if (section.has("by") && !has_look(check.kind))
    section.refuse("by", "expected none, because " + std::string(to_string(check.kind)) + " looks at outputs in one way only");
  section.text("by", name);
  auto by = named(name, output_looks);
  if (!by || (*by == output_look::bytes && check.kind == check_kind::output_drift))
    section.refuse("by",
                   "expected one of "
                       + (check.kind == check_kind::output_drift ? std::string("values, top_class") : names_of(output_looks))
                       + ", found " + quoted_value(name));
  check.by = by.value_or(check.by);
  bool by_values = check.kind == check_kind::disagreement && check.by == output_look::values;
  if (section.has("within") && !by_values)
    section.refuse("within", "expected none, because only disagreement by values compares numbers");
  section.number("within", check.within, 0, rollout_within_max);
}

void check_is_new(toml_section& section, const check_spec& check, const std::vector<check_spec>& earlier) {
  auto same = [&check](const check_spec& other) {
    return other.kind == check.kind && other.output == check.output && other.by == check.by;
  };
  if (std::any_of(earlier.begin(), earlier.end(), same))
    section.refuse("kind", "expected each check once, found \"" + std::string(to_string(check.kind)) + "\""
                               + (check.output.empty() ? "" : " of " + quoted_value(check.output)) + " again");
}

/// The check, or nothing if its kind can't be read.
std::optional<check_spec> read_check(toml_section& section, const std::vector<check_spec>& earlier) {
  auto expected = "one of " + names_of(check_kinds);
  std::string name;
  bool has_name = section.required_text("kind", name, expected);
  auto kind = named(name, check_kinds);
  if (has_name && !kind)
    section.refuse("kind", "expected " + expected + ", found " + quoted_value(name));
  check_spec check;
  check.kind = kind.value_or(check_kind::output_drift);
  check.tolerance = default_tolerance(check.kind);
  section.number("tolerance", check.tolerance, 0, has_look(check.kind) ? rollout_share_max : rollout_tolerance_max);
  read_output(section, check);
  read_look(section, check);
  read_margin(section, check);
  section.refuse_unknown_keys();
  if (!kind)
    return std::nullopt;
  check_is_new(section, check, earlier);
  return check;
}

} // namespace

void read_checks(toml_section& root, rollout_spec& spec, bool stages_known) {
  auto sections = root.sections("check");
  if (sections.size() > rollout_checks_max)
    return root.refuse("check", "expected at most " + std::to_string(rollout_checks_max) + " checks, found "
                                    + std::to_string(sections.size()));
  for (auto& section : sections) {
    auto check = read_check(section, spec.checks);
    if (!check)
      continue;
    if (stages_known)
      check_has_data(section, check->kind, spec);
    spec.checks.push_back(*check);
  }
}

} // namespace troupe
