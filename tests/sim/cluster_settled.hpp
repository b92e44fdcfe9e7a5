#pragma once

#include "tests/sim/cluster_world.hpp"

namespace troupe {

/// What isn't yet as it is wanted; empty: everything is. Lets a little time pass to ask.
std::vector<std::string> unsettled(cluster_world& world);

} // namespace troupe
