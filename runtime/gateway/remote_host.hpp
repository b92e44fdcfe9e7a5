#pragma once

#include "runtime/base/unique_fd.hpp"

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// "10.0.0.7", without the port: what one host does is warned of once. "?" if it can't be told.
std::string remote_host(kj::AsyncIoStream& stream);

/// Another descriptor of the stream's socket; none if it has no socket or this process has no descriptor left.
unique_fd copy_of(kj::AsyncIoStream& stream);

} // namespace troupe
