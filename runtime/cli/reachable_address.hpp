#pragma once

#include <string>

namespace troupe {

/// Where a machine that reaches a node at `asked` ("10.0.0.1:7551") finds what the node listens for at `listen` ("0.0.0.0:7550"): the same host where it
/// listens on all addresses. "": nowhere, because it listens for its own machine alone, or not at all, or that can't be told.
std::string reachable_address(const std::string& listen, const std::string& asked);

} // namespace troupe
