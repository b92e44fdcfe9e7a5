#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/rollout_spec.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

// What rollout.toml may ask for.
inline constexpr std::size_t rollout_steps_max = 50;
inline constexpr std::size_t rollout_checks_max = 20;
inline constexpr permille rollout_weight_min = 1; ///< of a stage that takes requests; its copies as well
inline constexpr permille rollout_ab_weight_max = all_requests - 1;
inline constexpr std::size_t rollout_others_max = 8; ///< versions
inline constexpr std::chrono::hours rollout_hold_max{24 * 7};
inline constexpr std::chrono::seconds rollout_overdue_min{1};
inline constexpr std::chrono::hours rollout_overdue_max{24 * 7};
inline constexpr std::uint32_t rollout_samples_max = 1'000'000'000;
inline constexpr std::uint32_t rollout_replicas_max = 256; ///< too many, or too few
inline constexpr std::uint32_t rollout_fuse_max = 100'000;
inline constexpr double rollout_alpha_max = 0.5;
inline constexpr std::chrono::minutes rollout_margin_max{60};
inline constexpr double rollout_tolerance_max = 100; ///< a hundred times the incumbent's
inline constexpr double rollout_share_max = 1;       ///< all answers
inline constexpr double rollout_within_max = 1e6;
inline constexpr std::size_t rollout_header_max = 128;      ///< bytes of a name
inline constexpr std::size_t rollout_value_max = 256;       ///< bytes of a header's value
inline constexpr std::size_t rollout_caller_max = 64;       ///< bytes; a certificate's common name has no more
inline constexpr std::size_t rollout_output_max = 128;      ///< bytes; as a tensor's name
inline constexpr std::size_t rollout_expression_max = 1000; ///< bytes

/// As in rollout.toml: "blue_green".
constexpr std::string_view to_string(rollout_strategy strategy) {
  switch (strategy) {
  case rollout_strategy::rolling: return "rolling";
  case rollout_strategy::canary: return "canary";
  case rollout_strategy::blue_green: return "blue_green";
  case rollout_strategy::ab: return "ab";
  case rollout_strategy::shadow: return "shadow";
  }
  return "unknown";
}

/// "caller"; of a header without its name.
constexpr std::string_view to_string(split_key_kind kind) {
  switch (kind) {
  case split_key_kind::none: return "none";
  case split_key_kind::caller: return "caller";
  case split_key_kind::header: return "header";
  case split_key_kind::request_id: return "request_id";
  }
  return "unknown";
}

/// "latency_p99"
constexpr std::string_view to_string(check_kind kind) {
  switch (kind) {
  case check_kind::error_rate: return "error_rate";
  case check_kind::latency_p50: return "latency_p50";
  case check_kind::latency_p95: return "latency_p95";
  case check_kind::latency_p99: return "latency_p99";
  case check_kind::finite_outputs: return "finite_outputs";
  case check_kind::output_drift: return "output_drift";
  case check_kind::disagreement: return "disagreement";
  case check_kind::memory: return "memory";
  case check_kind::expression: return "expression";
  }
  return "unknown";
}

/// "top_class"
constexpr std::string_view to_string(output_look look) {
  switch (look) {
  case output_look::values: return "values";
  case output_look::bytes: return "bytes";
  case output_look::top_class: return "top_class";
  }
  return "unknown";
}

constexpr bool is_latency(check_kind kind) {
  return kind == check_kind::latency_p50 || kind == check_kind::latency_p95 || kind == check_kind::latency_p99;
}

/// Whether copies, which are answered at idle priority, say nothing of it.
inline bool is_of_latency(const check_spec& check) {
  return is_latency(check.kind) || (check.bounded && check.bounded->asks_latency);
}

/// Whether it needs requests that the incumbent alone answered.
inline bool needs_incumbent(const check_spec& check) {
  if (check.kind == check_kind::expression)
    return check.bounded && check.bounded->asks_incumbent;
  return check.kind != check_kind::disagreement && check.kind != check_kind::memory;
}

/// "roll_back"
constexpr std::string_view to_string(overdue_action action) {
  switch (action) {
  case overdue_action::roll_back: return "roll_back";
  case overdue_action::ask: return "ask";
  }
  return "unknown";
}

/// What tells a check from the others of its rollout: "error_rate", "output_drift by top_class of scores", "rows / batches".
std::string name_of(const check_spec& check);

/// A share in per cent, as in rollout.toml: "2.5"
std::string per_cent(permille share);

/// What to_string gives that name to; nothing for any other.
std::optional<rollout_strategy> strategy_from(std::string_view name);

/// Reads a `rollout.toml`. Nothing must be there: an empty file is a rolling rollout. What is shown is the default, unless its line says another.
///
///     strategy = "rolling"      # or "canary", "blue_green", "ab", "shadow"; or a list, one after the other: ["shadow", "canary"]
///     alpha = 0.05              # above 0, up to 0.5: how likely the checks together roll back a candidate that is as good
///     fuse = 0                  # none; 5: failures of the candidate in a row, by which a gateway turns back on its own
///     overdue = "30m"           # a stage lasts for so long at most beyond its hold
///     on_overdue = "roll_back"  # or "ask": a person decides
///     [traffic]                 # how requests are split; none of it with "rolling"
///     key = "none"              # or "caller", "request_id", "header:x-user": what one version answers together. "ab" must have one
///     always = { header = "x-canary", value = "yes" } # default: none. These the candidate always answers; or { caller = "anna" }.
///                               # with all three, a request must have both
///     [rolling]                 # each of these five sections: only with its strategy. Without this one all replicas of the candidate start, then it answers all
///     surge = 1                 # with it, replica by replica: so many more than wanted, of both versions together; 0 to 256
///     unavailable = 0           # so many fewer that serve; not both 0
///     hold = "0s"               # between two steps at least
///     [canary]
///     [[canary.step]]           # default: steps of 1, 5, 25 and 50
///     weight = 5                # no default. Per cent of requests that the candidate answers: 0.1 to 100, in steps of 0.1, rising
///     hold = "1m"               # it lasts that long at least, in whole seconds
///     samples = 100             # and until the candidate had so many requests
///     asks = false              # true: and until a person promotes
///     [blue_green]              # the candidate is ready and answers nothing, then all
///     hold = "0s"
///     asks = false              # true: it can be looked at as NAME@candidate until a person promotes
///     [ab]
///     weight = 50               # 0.1 to 99.9; with others as much as leaves each the same
///     others = [2, 3]           # kept versions that are tested too, each with that weight; default: none
///     hold = "1m"
///     samples = 1000
///     asks = false              # true: a person decides, unless the live version is better
///     [shadow]                  # the candidate gets copies; nobody sees its answers
///     share = 10                # per cent of live requests: 0.1 to 100, in steps of 0.1
///     hold = "1m"
///     samples = 100
///     asks = false
///     [[check]]                 # default: none. What may not get worse from incumbent to candidate, in any stage
///     kind = "error_rate"       # no default; or "latency_p50", "latency_p95", "latency_p99", "finite_outputs", "output_drift",
///                               # "disagreement" (of "shadow" only), "memory" (of a replica), "expression"
///     tolerance = 0             # by how much it may, relative to the incumbent: 0.25, the default of memory, is a quarter. Of disagreement (0.01 by default) the share of answers itself,
///                               # of output_drift (0.1 by default) the distance of the distributions, 0 to 1
///     margin = "5ms"            # of latencies: so much slower it may be besides, since who has few requests is colder
///     output = "scores"         # of finite_outputs, output_drift and disagreement; default: all outputs. Whether the model has it isn't known here
///     by = "values"             # of output_drift and disagreement; or "top_class"; of disagreement also "bytes"
///     value = "rows / batches"  # of expression, as the next three: no default. Of the candidate; check_metrics.hpp has the names
///     at_most = "2 * incumbent" # a number, or an expression over the incumbent's value; default: none
///     at_least = 1              # likewise; one of both must be there
///     samples = 100             # requests of the candidate, and of an incumbent that is named, with fewer of which it says nothing
///     within = 0.001            # of disagreement by values: numbers that differ by no more, relative to the larger one or to 1, agree
///
/// The weight never falls from one strategy of a list to the next, and each check has a stage in which it gets data. Copies are answered at idle priority, so
/// that they say nothing of latencies.
/// invalid_argument lists every problem, one a line, each with file, line, field, expected and found.
result<rollout_spec> parse_rollout_toml(std::string_view text, std::string_view file_name);

/// The rollout.toml that a strategy means if there is no file: one that parses, with a comment on each setting.
std::string default_rollout_toml(rollout_strategy strategy);

} // namespace troupe
