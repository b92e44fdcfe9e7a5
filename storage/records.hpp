#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// What the records of schemas/records.capnp say, field by field.

struct node_record {
  std::uint32_t format_version = 0;
  std::string node_id;
  wall_time created{};
};

struct deployment_record {
  std::string name;
  std::uint32_t wanted_replicas = 0;
  version_number current_version = 0; ///< answers requests; 0: none yet
  version_number target_version = 0;  ///< on its way up; 0: none
  version_number last_version = 0;    ///< highest number ever given
  wall_time created{};

  /// Not part of the record: the store's, of when it was read; 0 if it isn't stored yet.
  revision_number revision = 0;
};

enum class version_state : std::uint8_t { preparing = 0, live, superseded, failed };

struct version_record {
  version_id id;
  std::string artifact_sha256;
  std::string model_toml; ///< as it was submitted
  wall_time created{};
  version_state state = version_state::preparing;
  std::string reason; ///< why it failed
};

} // namespace troupe
