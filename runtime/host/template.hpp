#pragma once

#include "runtime/base/unique_fd.hpp"

#include <sys/types.h>

namespace troupe {

/// The life of the node's template: libtorch loaded, no model, one thread. Forks a version template for each ToTemplate packet,
/// until the node closes the socket. Returns the exit code.
int run_template(unique_fd control, pid_t node);

} // namespace troupe
