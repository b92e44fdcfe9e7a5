#pragma once

#include "runtime/base/unique_fd.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>

namespace troupe {

/// The port of "127.0.0.1:7550".
inline std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

/// `from`: the last byte of this end's loopback address.
inline unique_fd connect_raw(std::uint16_t port, std::uint32_t from = 1) {
  unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto own = loopback(0);
  own.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffU) | from);
  BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
  auto to = loopback(port);
  timeval patience{30, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  BOOST_REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return socket;
}

/// With a window for a few packets only.
inline unique_fd connect_narrow(std::uint16_t port) {
  unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int small = 4096;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  auto to = loopback(port);
  BOOST_REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return socket;
}

/// Whether the other side closes it, after its last words, within 30 s of silence.
inline bool closes(const unique_fd& socket) {
  char bytes[4096];
  ssize_t got = 0;
  do {
    got = ::recv(socket.get(), bytes, sizeof bytes, 0);
  } while (got > 0);
  return got == 0 || errno == ECONNRESET;
}

} // namespace troupe
