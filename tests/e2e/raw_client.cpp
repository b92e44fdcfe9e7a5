#include "tests/e2e/raw_client.hpp"

#include "runtime/base/config.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace troupe::test {

namespace {

constexpr int patience_ms = 10'000;

} // namespace

raw_client::raw_client(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto where = listen_address_from(address).value();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(where.port);
  ::inet_pton(AF_INET, where.host.c_str(), &to.sin_addr);
  connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

bool raw_client::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    auto now = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0)
      return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

bool raw_client::hung_up() {
  char answer[4096];
  for (;;) {
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, patience_ms) != 1)
      return false;
    if (::read(socket_.get(), answer, sizeof answer) <= 0)
      return true;
  }
}

std::string message_head(std::uint32_t words) {
  std::string head(8, '\0'); // the number of segments, less one; the first one's words
  std::memcpy(head.data() + 4, &words, sizeof words);
  return head;
}

} // namespace troupe::test
