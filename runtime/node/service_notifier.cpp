#include "runtime/node/service_notifier.hpp"

#include "runtime/base/unique_fd.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe {

namespace {

std::string take_variable(const char* name) {
  auto value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

} // namespace

service_notifier service_notifier::from_environment() {
  auto socket = take_variable("NOTIFY_SOCKET");
  auto interval = std::strtoll(take_variable("WATCHDOG_USEC").c_str(), nullptr, 10);
  auto whom = take_variable("WATCHDOG_PID");
  bool meant = whom.empty() || whom == std::to_string(::getpid());
  if (interval <= 0 || !meant)
    return service_notifier(socket);
  return service_notifier(socket, std::chrono::microseconds(interval));
}

void service_notifier::send(const std::string& state) const {
  sockaddr_un to{};
  if (socket_.size() < 2 || socket_.size() >= sizeof to.sun_path || (socket_[0] != '/' && socket_[0] != '@'))
    return;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@')
    to.sun_path[0] = '\0';
  auto size = offsetof(sockaddr_un, sun_path) + socket_.size();
  unique_fd from(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!from)
    return;
  // Nobody there, or not reading: the node works on alike.
  [[maybe_unused]] auto sent = ::sendto(from.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                        reinterpret_cast<const sockaddr*>(&to), static_cast<socklen_t>(size));
}

} // namespace troupe
