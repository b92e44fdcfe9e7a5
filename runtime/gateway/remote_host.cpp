#include "runtime/gateway/remote_host.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>

namespace troupe {

std::string remote_host(kj::AsyncIoStream& stream) {
  sockaddr_storage from{};
  unsigned size = sizeof from;
  char host[NI_MAXHOST] = "?";
  stream.getpeername(reinterpret_cast<sockaddr*>(&from), &size);
  ::getnameinfo(reinterpret_cast<sockaddr*>(&from), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

unique_fd copy_of(kj::AsyncIoStream& stream) {
  KJ_IF_MAYBE (socket, stream.getFd())
    return unique_fd(::fcntl(*socket, F_DUPFD_CLOEXEC, 0));
  return {};
}

} // namespace troupe
