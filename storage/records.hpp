#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/cluster_records.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/version_state.hpp"
#include "runtime/policy/rollout_course.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What the records of schemas/records.capnp say, field by field; a cluster's are in runtime/base/cluster_records.hpp.

struct node_record {
  std::uint32_t format_version = 0;
  std::string node_id;
  wall_time created{};
  std::string machine_id{}; ///< of the machine it is on; "": not known yet
};

struct deployment_record {
  std::string name;
  std::uint32_t wanted_replicas = 0;
  version_number current_version = 0; ///< answers requests; 0: none yet
  version_number target_version = 0;  ///< on its way up; 0: none
  version_number last_version = 0;    ///< highest number ever given
  wall_time created{};
  version_number previous_version = 0;    ///< was live before the current one and stays resident; 0: none
  wall_time bake_until{};                 ///< until then
  std::optional<rollout_course> course{}; ///< of the target: how far it has taken requests over; nothing: not begun

  /// Not part of the record: the store's, of when it was read; 0 if it isn't stored yet.
  revision_number revision = 0;
};

struct version_move {
  version_state state = version_state::validating; ///< entered
  wall_time at{};
  std::string by{};   ///< who wanted it; "": nobody did, it came about
  std::string note{}; ///< what and why, for a person
};

struct version_record {
  /// The oldest moves go first.
  static constexpr std::size_t moves_max = 64;

  version_id id;
  std::string artifact_sha256;
  std::string model_toml; ///< as it was submitted
  wall_time created{};
  version_state state = version_state::validating;
  std::string reason;        ///< why it failed, or why it was rolled back
  std::string golden_sha256; ///< of golden.json; "": it has none
  std::string created_by;    ///< what the caller said it is
  std::string rollout_toml;  ///< as it was submitted; "": it takes the traffic over at once
  std::vector<version_move> moves;
};

} // namespace troupe
