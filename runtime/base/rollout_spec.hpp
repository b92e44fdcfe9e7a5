#pragma once

#include "runtime/base/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// How a version takes over a deployment's traffic, as `rollout.toml` says it. docs/decisions/0012 draws the idea: a rollout is a list of stages.
namespace troupe {

/// Of a thousand requests.
using permille = std::uint32_t;
inline constexpr permille all_requests = 1000;

enum class rollout_strategy : std::uint8_t { rolling, canary, blue_green, ab, shadow };

/// What makes two requests belong together, so that one version answers both.
enum class split_key_kind : std::uint8_t { none, caller, header, request_id };

struct split_key {
  split_key_kind kind = split_key_kind::none;
  std::string header; ///< lower case; of kind header
};

/// Requests that the candidate always answers, whatever the weight. At least one of both is named; if both are, a request must have both.
struct always_rule {
  std::string caller;       ///< its name; empty: whoever
  std::string header;       ///< lower case; empty: none is looked at
  std::string header_value; ///< that it must have
};

enum class check_kind : std::uint8_t {
  error_rate,  ///< requests that failed
  latency_p50, ///< of requests that were answered
  latency_p95,
  latency_p99,
  finite_outputs, ///< answers with NaN or infinity
  output_drift,   ///< of the outputs' distribution
  disagreement,   ///< with the incumbent's answer to the same request; of copies only
  memory,         ///< of a replica, as nodes measure it; no statistics
  expression,     ///< over check_metrics.hpp, as a person wrote it; no statistics
};

/// What of an output is looked at.
enum class output_look : std::uint8_t {
  values,   ///< its numbers
  bytes,    ///< all of it; of disagreement only
  top_class ///< of each row the index of the largest number; of an integer output the number itself
};

/// Whether it looks into answers, which only those who route the requests can.
constexpr bool looks_into_answers(check_kind kind) {
  return kind == check_kind::finite_outputs || kind == check_kind::output_drift || kind == check_kind::disagreement;
}

/// A figure of the candidate, and between what it must be. All three are expressions (expression.hpp): `value` over the metrics of check_metrics.hpp, the bounds
/// over `incumbent`, which is the incumbent's value.
struct bounded_expression {
  std::string value;
  std::string at_most;         ///< at least one of both is there
  std::string at_least;        ///< empty: none
  std::uint32_t samples = 100; ///< requests, of each version that is asked, with fewer of which it says nothing
  bool asks_incumbent = false; ///< a bound speaks of it
  bool asks_latency = false;   ///< of which copies say nothing
  bool asks_work = false;      ///< which pools count
};

/// What must not get worse from incumbent to candidate.
struct check_spec {
  check_kind kind = check_kind::error_rate;
  double tolerance =
      0; ///< how much worse it may be, relative to the incumbent (0.1: by a tenth); of disagreement its share, of output_drift the distance, both absolute
  std::string output; ///< of those that look into answers: which; empty: all
  /// Of latencies: so much slower it may be besides, however fast the incumbent is. Who has few requests is colder, which says nothing of the version.
  std::chrono::microseconds margin{5000};
  output_look by = output_look::values; ///< of output_drift and disagreement
  double within = 1e-3; ///< of disagreement by values: numbers agree that differ by no more, relative to the larger one or to 1
  std::optional<bounded_expression> bounded{}; ///< of expression
};

/// A while with one split.
struct stage_spec {
  rollout_strategy strategy = rollout_strategy::canary; ///< that it is written as
  permille weight = 0;                                  ///< requests that the candidate answers
  permille copies = 0;                                  ///< requests of which it gets a copy, whose answer nobody sees
  std::chrono::seconds hold{60};                        ///< it lasts that long at least
  std::uint64_t samples = 0;                            ///< and until the candidate had so many requests, or copies
  bool asks = false;                                    ///< then a person is asked; of A/B unless the live version is better
};

/// What becomes of a rollout that held for too long.
enum class overdue_action : std::uint8_t { roll_back, ask };

/// How far a rolling rollout may be from the wanted replicas while it goes on. Not both are 0.
struct rolling_bounds {
  std::uint32_t surge = 1;       ///< replicas too many, of both versions together
  std::uint32_t unavailable = 0; ///< too few that serve
  std::chrono::seconds hold{0};  ///< each step lasts that long at least
};

struct rollout_spec {
  std::vector<stage_spec> stages; ///< empty: the candidate answers all requests once it is ready
  std::vector<check_spec> checks; ///< of every stage
  std::optional<rolling_bounds>
      rolling; ///< replica by replica, in stages that policy/rolling_plan makes; none: all of the candidate's replicas first
  double alpha = 0.05; ///< how likely an equally good candidate may be rolled back, in the whole rollout
  std::vector<version_number>
      others; ///< that an A/B test has besides the candidate and the live one; each gets as many requests as the candidate
  split_key key;
  std::optional<always_rule> always;
  std::uint32_t fuse =
      0; ///< failures of the candidate in a row at one gateway, by which that turns back to the incumbent; 0: none
  std::chrono::seconds overdue{1800}; ///< a stage holds for so long at most beyond its `hold`
  overdue_action on_overdue = overdue_action::roll_back;
};

} // namespace troupe
