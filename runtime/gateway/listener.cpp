#include "runtime/gateway/listener.hpp"

#include "runtime/base/config.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe {

namespace {

constexpr int backlog = 4096;

bool leads_to_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24) == 127;
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

std::string bound_address(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  ::getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  auto name = std::string(host);
  return (name.find(':') == std::string::npos ? name : "[" + name + "]") + ":" + port;
}

error cannot(const std::string& address, const std::string& why) {
  return {error_code::io_failed, "cannot listen on " + address + ": " + why};
}

result<listener> open(const addrinfo& where, const std::string& address, const std::string& flag) {
  unique_fd socket(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket)
    return cannot(address, std::strerror(errno));
  int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), where.ai_addr, where.ai_addrlen) != 0 || ::listen(socket.get(), backlog) != 0) {
    if (errno == EADDRINUSE)
      return cannot(address, "the port is in use; stop what listens there or choose another with " + flag);
    return cannot(address, std::strerror(errno));
  }
  auto name = bound_address(socket.get());
  return listener{std::move(socket), std::move(name), leads_to_loopback(where.ai_addr)};
}

} // namespace

result<listener> listen_on(const std::string& address, const std::string& flag) {
  auto parts = listen_address_from(address);
  if (!parts)
    return parts.failure();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (auto rc = ::getaddrinfo(parts->host.c_str(), std::to_string(parts->port).c_str(), &hints, &found); rc != 0)
    return cannot(address, ::gai_strerror(rc));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  return open(*found, address, flag);
}

} // namespace troupe
