#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <string>

namespace troupe {

/// A listening TCP socket.
struct listener {
  unique_fd socket;
  std::string address;  ///< "127.0.0.1:7550": the one in force, its port given by the kernel if 0 was asked for
  bool loopback = true; ///< no other machine reaches it
};

/// Opens `address` ("127.0.0.1:7550", "localhost:0", "[::1]:7550") for listening. If the port is in use the error says what to do; `flag` names where it
/// can be changed.
result<listener> listen_on(const std::string& address, const std::string& flag = "--listen");

} // namespace troupe
