#include "runtime/gateway/remote_host.hpp"

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

} // namespace troupe
