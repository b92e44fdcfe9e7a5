#pragma once

#include "actors/messages.hpp"

namespace troupe {

/// Whether its newest version came to nothing.
bool is_undone(const deployment_view& view);
/// The version that is to answer requests; 0: none can.
version_number usable_version(const deployment_view& view);

} // namespace troupe
