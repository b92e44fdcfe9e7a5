#pragma once

#include "runtime/base/check_metrics.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"
#include "runtime/policy/rollout_course.hpp"

#include <array>
#include <cstdint>

namespace troupe {

/// What is known of one version, from which the metrics of check_metrics.hpp are computed.
struct metric_sources {
  const arm_counters& did; ///< since the stage began
  std::uint32_t replicas = 0;
  std::uint64_t memory_bytes = 0; ///< of a replica; 0: not measured yet
  bool as_pools_count = false;    ///< `requests` are those that pools answered
};

/// In the order of check_metrics. Not finite: there is nothing yet to compute it from.
std::array<double, check_metrics.size()> metrics_of(const metric_sources& of);

/// Whether the candidate's figure is between its bounds. Judges what it sees, without statistics, but not before each version that it asks has had
/// the requests that the check wants: until then, and while a figure isn't finite, there are no samples.
check_view judge_expression(const bounded_expression& check, const metric_sources& candidate, const metric_sources& incumbent);

} // namespace troupe
