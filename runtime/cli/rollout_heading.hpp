#pragma once

#include "runtime/base/rollout_spec.hpp"

#include "schemas/control.capnp.h"

#include <cstdint>
#include <string>

/// How far a deployment's rollout is, in words.
namespace troupe {

/// A version by its latest move: as it is, also while its pool is being stopped.
struct latest_move {
  std::string state;
  std::int64_t unix_ns = 0;
  std::string why; ///< "": nobody said
};

latest_move latest_move_of(schema::VersionStatus::Reader version);

/// The version that is on its way up, by stages or not; 0: none.
std::uint32_t version_under_way(schema::DeploymentStatus::Reader deployment);

/// "5 %", "0.5 %"
std::string percent_text(permille share);

/// Which requests the candidate has in a stage: "5 %", "copies of 10 %", "none".
std::string share_text(const stage_spec& stage);

/// What holds now, in one line that ends: where its rollout is, or what became of the last one.
///
///     digits: version 3 takes over from version 2, stage 2 of 4 (canary 5 %), for 34 s of 1m
///     digits: no rollout is under way; version 3 was rolled back 2m ago: p99 latency 31 ms, the incumbent's 12 ms
std::string rollout_line(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns);

} // namespace troupe
