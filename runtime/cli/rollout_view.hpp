#pragma once

#include "schemas/control.capnp.h"

#include <cstdint>
#include <string>

namespace troupe {

/// Where the deployment's rollout is and what a person can do, both versions' figures, the checks, and the stages with the current one marked.
/// Without a rollout: what became of the last one.
std::string rollout_text(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns, bool colors);

} // namespace troupe
