#include "runtime/base/rollout_check_toml.hpp"

#include "runtime/base/check_metrics.hpp"
#include "runtime/base/enum_names.hpp"
#include "runtime/base/expression.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/rollout_toml.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace troupe {

namespace {

constexpr std::array check_kinds = {check_kind::error_rate,   check_kind::latency_p50,    check_kind::latency_p95,
                                    check_kind::latency_p99,  check_kind::finite_outputs, check_kind::output_drift,
                                    check_kind::disagreement, check_kind::memory,         check_kind::expression};

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

/// Whether the candidate gets requests that the check looks at, and the incumbent, if it needs those, some to compare them with.
bool has_data(const stage_spec& stage, const check_spec& check, bool has_always) {
  if (check.kind == check_kind::memory || (stage.copies > 0 && !is_of_latency(check)))
    return true;
  return (stage.weight > 0 || has_always) && (stage.weight < all_requests || !needs_incumbent(check));
}

/// Refuses a check that would pass for ever, because it never sees anything.
void check_has_data(toml_section& section, const check_spec& check, const rollout_spec& spec) {
  auto copies = [](const stage_spec& stage) { return stage.copies > 0; };
  auto enough = [&](const stage_spec& stage) { return has_data(stage, check, spec.always.has_value()); };
  const auto& stages = spec.stages;
  if (check.kind == check_kind::disagreement && std::none_of(stages.begin(), stages.end(), copies))
    section.refuse("kind", "expected the strategy shadow with it, because only copies are answered by both versions, found none");
  else if (!spec.rolling && std::none_of(stages.begin(), stages.end(), enough))
    section.refuse("kind", needs_incumbent(check)
                               ? "expected a stage in which both versions get requests, because it compares them, found none"
                               : "expected a stage in which the candidate gets requests, found none");
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
    return section.refuse("margin", "expected none, because only latency_p50, latency_p95 and latency_p99 have one");
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

/// What it is where all names stand for some number; nothing: it can't be computed, and is refused.
std::optional<double> try_expression(toml_section& section, std::string_view key, const std::string& text,
                                     const std::vector<std::string_view>& names) {
  std::vector<named_value> values;
  double next = 2;
  for (auto name : names)
    values.push_back({name, next = 2 * next + 1}); // none the multiple or the sum of others
  auto wrong = [&](const std::string& why) {
    section.refuse(key, "expected an expression, found " + quoted_value(text) + ": " + why);
  };
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (text.size() > rollout_expression_max)
    section.refuse(key, "expected at most " + std::to_string(rollout_expression_max) + " characters, found "
                            + std::to_string(text.size()));
  else if (std::any_of(text.begin(), text.end(), is_control))
    wrong("it has a line end, or another control character");
  else if (auto tried = evaluate(text, values); !tried)
    wrong(tried.failure().message);
  else if (!std::isfinite(*tried))
    wrong("it is no finite number whatever the figures are");
  else
    return *tried;
  return std::nullopt;
}

/// What the bound is whatever the incumbent's value; nothing: it depends on that, or there is none.
std::optional<double> read_bound(toml_section& section, std::string_view key, std::string& bound, bool& asks_incumbent) {
  if (!section.text_or_number(key, bound))
    return std::nullopt;
  auto value = try_expression(section, key, bound, {incumbents_value});
  if (names_in(bound, {incumbents_value}).empty())
    return value;
  asks_incumbent = true;
  return std::nullopt;
}

/// What it speaks of, as far as that makes a difference.
void note_names(toml_section& section, bounded_expression& bounded, const std::vector<std::string_view>& known) {
  auto names = names_in(bounded.value, known);
  if (names.empty())
    section.refuse("value", "expected at least one of the names of figures, such as requests or rows, found none in "
                                + quoted_value(bounded.value));
  auto is_of_work = [&names](std::string_view name) { return names.count(std::string(name)) != 0; };
  bounded.asks_work = std::any_of(work_metrics.begin(), work_metrics.end(), is_of_work);
  bounded.asks_latency =
      std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.find("latency_") == 0; });
}

void read_expression(toml_section& section, check_spec& check) {
  constexpr std::array<std::string_view, 4> keys = {"value", "at_most", "at_least", "samples"};
  if (check.kind != check_kind::expression) {
    for (auto key : keys)
      if (section.has(key))
        section.refuse(key, "expected none, because only the kind expression has one");
    return;
  }
  const std::vector<std::string_view> names(check_metrics.begin(), check_metrics.end());
  auto& bounded = check.bounded.emplace();
  bool has_value = section.required_text("value", bounded.value, "an expression like \"rows / batches\"");
  if (has_value && try_expression(section, "value", bounded.value, names))
    note_names(section, bounded, names);
  auto most = read_bound(section, "at_most", bounded.at_most, bounded.asks_incumbent);
  auto least = read_bound(section, "at_least", bounded.at_least, bounded.asks_incumbent);
  if (most && least && *least > *most)
    section.refuse("at_least", "expected no more than at_most, which is " + bounded.at_most + ", found " + bounded.at_least);
  if (!section.has("at_most") && !section.has("at_least"))
    section.refuse("at_most", "missing; expected at_most or at_least, a number or an expression like \"1.5 * incumbent\"");
  section.integer("samples", bounded.samples, 0, rollout_samples_max);
}

void check_is_new(toml_section& section, const check_spec& check, const std::vector<check_spec>& earlier) {
  auto same = [&check](const check_spec& other) {
    return other.kind == check.kind && other.output == check.output && other.by == check.by
           && (!check.bounded || other.bounded->value == check.bounded->value);
  };
  bool is_known = std::any_of(earlier.begin(), earlier.end(), same);
  if (is_known && check.bounded)
    section.refuse("value", "expected each expression once, found " + quoted_value(check.bounded->value)
                                + " again; one check may have at_most and at_least");
  else if (is_known)
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
    section.refuse("kind", "expected " + expected + ", found " + quoted_value(name) + advice_on(name, check_kinds));
  check_spec check;
  if (!kind) { // what else belongs into it nobody can say
    for (auto key : {"tolerance", "output", "by", "within", "margin", "value", "at_most", "at_least", "samples"})
      section.has(key);
    section.refuse_unknown_keys();
    return std::nullopt;
  }
  check.kind = *kind;
  check.tolerance = default_tolerance(check.kind);
  if (section.has("tolerance") && check.kind == check_kind::expression)
    section.refuse("tolerance", "expected none, because an expression has bounds: at_most, at_least");
  section.number("tolerance", check.tolerance, 0, has_look(check.kind) ? rollout_share_max : rollout_tolerance_max);
  read_output(section, check);
  read_look(section, check);
  read_margin(section, check);
  read_expression(section, check);
  section.refuse_unknown_keys();
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
      check_has_data(section, *check, spec);
    spec.checks.push_back(*check);
  }
}

} // namespace troupe
