#pragma once

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// "10.0.0.7", without the port: what one host does is warned of once. "?" if it can't be told.
std::string remote_host(kj::AsyncIoStream& stream);

} // namespace troupe
