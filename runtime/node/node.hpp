#pragma once

#include "runtime/base/config.hpp"

namespace troupe {

/// Runs a node in this process until SIGTERM or SIGINT: builds everything by hand, in order, and takes it down in reverse. Returns the
/// process's exit code; what keeps a node from starting is written to stderr as "error: …".
int run_node(const node_options& options);

} // namespace troupe
