#pragma once

#include "schemas/control.capnp.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace troupe {

/// The moves of all the deployment's versions by time, the newest last: a row each. Who began a version is who made it, where the node doesn't tell.
std::string history_text(schema::DeploymentStatus::Reader deployment, bool colors);

nlohmann::ordered_json history_json(schema::DeploymentStatus::Reader deployment);

} // namespace troupe
