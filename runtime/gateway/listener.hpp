#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// A listening TCP socket.
struct listener {
  unique_fd socket;
  std::string address; ///< "127.0.0.1:7550": the one in force, its port given by the kernel if 0 was asked for
};

/// `anywhere`: what listens there speaks TLS alone and asks who comes.
enum class listen_scope : std::uint8_t { loopback, anywhere };

/// Opens `address` ("127.0.0.1:7550", "localhost:0", "[::1]:7550") for listening. By default only loopback addresses are allowed: elsewhere one needs TLS
/// and authentication. If the port is in use the error says what to do; `flag` names where it can be changed.
result<listener> listen_on(const std::string& address, const std::string& flag = "--listen",
                           listen_scope scope = listen_scope::loopback);

} // namespace troupe
