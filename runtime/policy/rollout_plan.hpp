#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/version_state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// The life of a deployment's versions, as one state machine. Pure: what is stored and what has happened give what to store, and what to do once that is stored.
///
///     (deploy) --> validating --> preparing --> starting --> verifying --> rolling_out --> live --> superseded   a higher one went live
///                      |              |             |            |              |          |  ^         |
///                      +--------------+-------------+------------+--------------+          |  +---------+   rollback to it: by way of
///                      v                                                                   v            |   preparing, or, if it is
///                   failed   tells its reason; never comes back                       rolled_back ------+   resident, at once
///                                                                                  a lower one went live
///
/// A target that takes requests over by stages (rollout_course.hpp) is in rolling_out until the last of them is over.
/// At most one version is on its way up (the target). After a restart of the node it goes on: validating begins again, all else from preparing, since
/// its hosts died with the node. A live version whose artifact is lost when it must be loaded again has
/// failed, and the one before takes its place if it is resident.

struct version_brief {
  version_number number = 0;
  version_state state = version_state::validating;
  bool served = false; ///< was live at some time
};

/// What is stored, and what of it runs.
struct rollout_view {
  version_number current = 0;               ///< answers requests; 0: none
  version_number target = 0;                ///< on its way up; 0: none
  version_number previous = 0;              ///< was live before `current` and stays resident for a while; 0: none
  version_number last = 0;                  ///< highest number ever given
  std::vector<version_brief> versions;      ///< ascending
  bool previous_ready = false;              ///< `previous` could answer requests this moment
  std::vector<version_number> tested;       ///< beside the target, in an A/B test
  std::vector<version_number> tested_ready; ///< of these, those that could answer
  bool staged = false;                      ///< the target takes requests over by stages
  bool divided = false;                     ///< it has had some of them
  bool promoted = false;                    ///< its stages are over, and it shall have all
  std::uint32_t keep = 5; ///< versions that were live once and are kept, `current` counted; failed ones: as many again
};

enum class rollout_news : std::uint8_t {
  deployed,    ///< a person wants a new version
  undone,      ///< a person wants version `version` back (0: the one before), or it has won the target's A/B test
  resumed,     ///< the node, or the deployment's actor, has started
  validated,   ///< the throw-away host found nothing wrong
  loaded,      ///< the template has it
  started,     ///< all wanted replicas have hosts
  verified,    ///< all wanted replicas gave the golden outputs, and could answer
  promoted,    ///< its stages are over
  routed,      ///< requests go to it
  broken,      ///< it can't go on, for `reason`
  bake_is_over ///< `previous` need not stay resident
};

struct rollout_event {
  rollout_news what = rollout_news::resumed;
  version_number version = 0; ///< whom it is about
  std::string reason;
};

enum class rollout_act : std::uint8_t {
  validate,     ///< in a throw-away host
  start_pool,   ///< load it; no replicas yet if it is on its way up
  fork,         ///< its pool may start replicas
  begin_course, ///< of its stages, or go on with it
  switch_route, ///< to it
  drop_route,
  stop_pool,  ///< after what it has
  begin_bake, ///< of the version before
  collect     ///< artifacts that no version needs
};

struct rollout_step {
  rollout_act act = rollout_act::validate;
  version_number version = 0;
};

struct version_change {
  version_number number = 0;
  version_state state = version_state::validating;
  std::string reason;
};

/// Stored first, all or nothing; then the steps, in order.
struct rollout_plan {
  version_number current = 0;
  version_number target = 0;
  version_number previous = 0;
  version_number last = 0;
  std::vector<version_change> changes; ///< at most one a version; one above the view's `last` is new
  std::vector<version_number> erased;
  std::vector<rollout_step> steps;
  /// Whether there is anything to store; if not, the steps can be done at once.
  bool stores = true;
};

/// What to do about it: nothing if it is stale (of a version that is no longer on its way), or an error for the person who asked.
/// failed_precondition, not_found: as schemas/control.capnp says of deploy and rollback.
result<std::optional<rollout_plan>> plan_rollout(const rollout_view& view, const rollout_event& event);

/// The versions to forget: `current`, `target`, `previous`, those that are tested and the one that a rollback goes to stay, with the newest others up to `keep`.
std::vector<version_number> versions_to_erase(const rollout_view& view);

} // namespace troupe
