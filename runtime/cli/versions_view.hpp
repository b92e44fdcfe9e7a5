#pragma once

#include "schemas/control.capnp.h"

#include <cstdint>
#include <string>

namespace troupe {

/// A row for each version, newest first: what it is, who made it, how long it was or is live, and whether a rollback to it is one
/// switch. What the node doesn't tell is "-".
std::string versions_text(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns, bool colors);

} // namespace troupe
