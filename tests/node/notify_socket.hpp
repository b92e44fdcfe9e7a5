#pragma once

#include "runtime/base/unique_fd.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace troupe::test {

/// The service manager's end of $NOTIFY_SOCKET. A name that begins with "@" is an abstract socket.
class notify_socket {
public:
  explicit notify_socket(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, name.data(), name.size());
    if (name[0] == '@')
      at.sun_path[0] = '\0';
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
  }

  /// The next word, or "" if none comes in time.
  std::string next(int patience_ms = 5000) {
    pollfd one{socket_.get(), POLLIN, 0};
    char text[512];
    if (::poll(&one, 1, patience_ms) != 1)
      return "";
    auto size = ::recv(socket_.get(), text, sizeof text, 0);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
  }

private:
  unique_fd socket_;
};

} // namespace troupe::test
