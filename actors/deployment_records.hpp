#pragma once

#include "runtime/base/assignment.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/policy/rollout_course.hpp"
#include "runtime/policy/rollout_plan.hpp"
#include "storage/state_store.hpp"

#include <functional>
#include <map>
#include <vector>

namespace troupe {

/// What is stored of one deployment, as its actor holds it.
struct deployment_records {
  deployment_record deployment;
  std::map<version_number, version_record> versions;

  const version_record* find(version_number number) const;
  /// The spec of a version; the default if there is no such version or it can't be read.
  model_spec spec_of(version_number number) const;
  /// How a version takes requests over; at once if there is no such version, it can't be read, or it has been live before and comes back.
  rollout_spec rollout_of(version_number number) const;
  /// Of the target, if it replaces the current version's replicas one by one.
  std::optional<rolling_bounds> rolling() const;
  /// How many the current version or the target wants now: as many as the deployment, but in a rolling rollout within bounds.
  std::uint32_t replicas_of(version_number number) const;
  /// How long the version before stays resident once this one is live: not at all if they may not both have all replicas.
  std::chrono::nanoseconds bake_of(version_number number) const;
  /// Versions that are tested beside the target; none: no A/B test has any.
  std::vector<version_number> tested() const;
  /// How requests are divided with the target.
  split_order split() const;
};

bool ever_served(const version_record& version);

/// `is_ready`: whether a version could answer requests this moment.
rollout_view view_of(const deployment_records& stored, const std::function<bool(version_number)>& is_ready);

/// Does to `stored` what the plan says, at the time `now`, and gives what to write for it. `by`: who wanted it; "": nobody did. `added` is the version that a
/// deploy makes.
state_change apply(const rollout_plan& plan, const std::string& by, wall_time now, const version_record* added,
                   deployment_records& stored);

/// Takes over how far the target has come with its requests, and gives what to write for it. A `line` goes into the version's history.
state_change apply(const course_plan& plan, wall_time now, deployment_records& stored);

/// Everything of it is gone.
state_change erase_all(const deployment_records& stored);

} // namespace troupe
