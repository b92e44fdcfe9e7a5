#pragma once

#include "runtime/cli/client.hpp"
#include "runtime/cli/latency_summary.hpp"
#include "runtime/cli/prepared_request.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe {

/// Most requests of one load: their latencies are kept.
inline constexpr std::uint64_t load_requests_max = 50'000'000;

struct load_options {
  /// Sent in turn, from the first again after the last. At least one; they must outlive the client's use.
  std::vector<const prepared_request*> requests;
  std::uint64_t count = 1;                ///< how many to send; at most load_requests_max
  std::uint32_t concurrency = 1;          ///< calls in flight
  std::chrono::nanoseconds time_limit{0}; ///< send nothing new after this; 0: no limit
  /// The longest that no answer at all may come before the load ends as timed_out: beyond every request's deadline.
  std::chrono::nanoseconds silence_max = std::chrono::seconds(30);
  /// Called with each answer, refusals too, in the order in which they come; `index` counts from 0 in the order of sending.
  std::function<void(std::uint64_t index, schema::InferResponse::Reader)> on_answer;
};

struct load_report {
  latency_summary latency;                     ///< of what was answered with outputs
  std::uint64_t answered = 0;                  ///< with outputs
  std::uint64_t failed = 0;                    ///< with an error
  std::map<std::string, std::uint64_t> errors; ///< how many, by code
  std::string first_error;                     ///< its message; empty: none
  std::chrono::nanoseconds elapsed{0};         ///< from the first request to the last answer

  double requests_per_second() const; ///< answered with outputs
};

/// Keeps `concurrency` calls in flight until `count` are answered or the time is up. Requests that the node refuses are counted;
/// a lost connection or silence ends the command (command_failure).
load_report run_load(client& node, const load_options& options);

} // namespace troupe
