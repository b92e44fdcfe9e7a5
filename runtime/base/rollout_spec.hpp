#pragma once

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
};

/// What must not get worse from incumbent to candidate.
struct check_spec {
  check_kind kind = check_kind::error_rate;
  double tolerance =
      0; ///< how much worse it may be, relative to the incumbent (0.1: by a tenth); of disagreement: its share, absolute
  std::string output; ///< of output_drift and disagreement: which; empty: all
  /// Of latencies: so much slower it may be besides, however fast the incumbent is. Who has few requests is colder, which says nothing of the version.
  std::chrono::microseconds margin{5000};
};

/// A while with one split.
struct stage_spec {
  rollout_strategy strategy = rollout_strategy::canary; ///< that it is written as: never rolling
  permille weight = 0;                                  ///< requests that the candidate answers
  permille copies = 0;                                  ///< requests of which it gets a copy, whose answer nobody sees
  std::chrono::seconds hold{60};                        ///< it lasts that long at least
  std::uint64_t samples = 0;                            ///< and until the candidate had so many requests, or copies
  bool asks = false;                                    ///< then a person is asked; of A/B only if there is no difference
};

/// What becomes of a rollout that held for too long.
enum class overdue_action : std::uint8_t { roll_back, ask };

struct rollout_spec {
  std::vector<stage_spec> stages; ///< empty: the candidate answers all requests once it is ready
  std::vector<check_spec> checks; ///< of every stage
  double alpha = 0.05;            ///< how likely an equally good candidate may be rolled back, in the whole rollout
  split_key key;
  std::optional<always_rule> always;
  std::uint32_t fuse =
      0; ///< failures of the candidate in a row at one gateway, by which that turns back to the incumbent; 0: none
  std::chrono::seconds overdue{1800}; ///< a stage holds for so long at most beyond its `hold`
  overdue_action on_overdue = overdue_action::roll_back;
};

} // namespace troupe
