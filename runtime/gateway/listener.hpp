#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// A listening TCP socket on a loopback address.
struct listener {
  unique_fd socket;
  std::string address; ///< "127.0.0.1:7550": the one in force, its port given by the kernel if 0 was asked for
};

/// Opens `address` ("127.0.0.1:7550", "localhost:0", "[::1]:7550") for listening. Only loopback addresses are allowed: elsewhere one needs TLS
/// and authentication. If the port is in use the error says what to do; `flag` names where it can be changed.
result<listener> listen_on(const std::string& address, const std::string& flag = "--listen");

} // namespace troupe
