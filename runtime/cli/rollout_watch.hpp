#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/rollout_lines.hpp"
#include "runtime/cli/verbs.hpp"

#include <nlohmann/json_fwd.hpp>

namespace troupe {

/// How a version's way up ended.
struct rollout_end {
  std::vector<version_step> steps; ///< its last way up; the last one is the state that it ended in
  std::string state;
  std::string reason; ///< of a failure
};

/// Follows the version until its way up has ended, and says how it gets on (nothing for programs). `seen_unix_ns`: steps up to then
/// are of an earlier way. Ends the command past `timeout`, and by Ctrl-C, with what still goes on and how to end it.
rollout_end follow_rollout(const command_context& context, client& node, const version_id& version,
                           std::chrono::nanoseconds timeout, std::int64_t seen_unix_ns = 0);

/// Moves as steps.
std::vector<version_step> steps_of(capnp::List<schema::Move>::Reader moves);

/// Ends the command (failed), unless the version is live or was, until a higher one took its place.
void require_live(const version_id& version, const rollout_end& end);

/// For programs: state, reason, each step with its time, and all together.
nlohmann::ordered_json rollout_json(const rollout_end& end);

} // namespace troupe
