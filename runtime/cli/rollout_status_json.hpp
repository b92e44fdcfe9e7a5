#pragma once

#include "schemas/control.capnp.h"

#include <nlohmann/json_fwd.hpp>

namespace troupe {

/// All that the node told of it; null for a deployment without a rollout.
nlohmann::ordered_json rollout_status_json(schema::DeploymentStatus::Reader deployment);

nlohmann::ordered_json move_json(schema::Move::Reader move);

} // namespace troupe
