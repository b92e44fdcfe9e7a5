#pragma once

#include "schemas/control.capnp.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// Whether a version in this state is on its way up.
bool is_rolling(const std::string& state);

/// Everything that the node told, for programs: of one deployment, or of all.
nlohmann::ordered_json deployment_json(schema::DeploymentStatus::Reader deployment);
/// One deployment, and how old what is told of it is.
nlohmann::ordered_json versions_json(schema::DeploymentStatus::Reader deployment, schema::NodeStatus::Reader seen_by);
nlohmann::ordered_json status_json(schema::Control::StatusResults::Reader status);

/// For people: the node in one line; a row for each deployment's current version and for a newer one on its way; `in_full` all
/// versions, then every replica.
std::string status_text(schema::Control::StatusResults::Reader status, bool in_full, std::int64_t now_unix_ns, bool colors);

/// A line that says how old what is told is; nothing while the leader is there.
std::string away_text(schema::NodeStatus::Reader node);

} // namespace troupe
