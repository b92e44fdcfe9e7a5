#define BOOST_TEST_MODULE dial
#include "cluster/dial.hpp"
#include "runtime/base/unique_fd.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace troupe;

namespace {

/// The one KJ loop of the test's own thread.
kj::AsyncIoContext& own_io() {
  static auto io = new kj::AsyncIoContext(kj::setupAsyncIo()); // never destroyed: at the end there may be events in its queue
  return *io;
}

sockaddr_in address_of(const char* host, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, host, &to.sin_addr);
  return to;
}

/// A port of one loopback address. `backlog`: connections that the kernel takes before anybody accepts, and one more.
struct port_at {
  explicit port_at(const char* host, std::uint16_t port = 0, int backlog = 16)
    : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto own = address_of(host, port);
    socklen_t size = sizeof own;
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&own), size) == 0);
    BOOST_REQUIRE(::listen(socket.get(), backlog) == 0);
    BOOST_REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    number = ntohs(own.sin_port);
  }
  /// What the next one who connected has sent.
  std::string first_bytes() const {
    unique_fd client(::accept(socket.get(), nullptr, nullptr));
    char bytes[64];
    auto got = ::recv(client.get(), bytes, sizeof bytes, 0);
    return std::string(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
  }

  unique_fd socket;
  std::uint16_t number = 0;
};

/// "nodes" has these addresses.
name_resolver nodes_at(std::vector<std::string> hosts) {
  return name_resolver([hosts](const std::string&) { return hosts; });
}

/// Empty: it connected.
std::string dialled(name_resolver& names, std::uint16_t port, kj::Duration patience = 10 * kj::SECONDS) {
  auto& io = own_io();
  auto address = "nodes:" + std::to_string(port);
  auto failed = kj::runCatchingExceptions(
      [&] { dial_raw({*io.provider, names, patience}, address, connection_role::control).wait(io.waitScope); });
  KJ_IF_MAYBE (why, failed)
    return why->getDescription().cStr();
  return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(where_all_addresses_fail_the_error_says_what_each_did) {
  auto number = port_at("127.0.0.4").number; // closed again
  auto names = nodes_at({"127.0.0.4", "127.0.0.5"});
  auto port = std::to_string(number);
  BOOST_TEST(dialled(names, number)
             == "127.0.0.4:" + port + ": connect(): Connection refused; 127.0.0.5:" + port + ": connect(): Connection refused");
}

BOOST_AUTO_TEST_CASE(the_only_address_fails_in_its_own_words) {
  auto number = port_at("127.0.0.4").number;
  auto names = nodes_at({"127.0.0.4"});
  BOOST_TEST(dialled(names, number) == "connect(): Connection refused");
}

BOOST_AUTO_TEST_CASE(a_name_that_can_not_be_resolved_is_told) {
  name_resolver names(
      [](const std::string&) { return result<std::vector<std::string>>(error{error_code::unavailable, "no such name"}); });
  BOOST_TEST(dialled(names, 1) == "no such name");
}

BOOST_AUTO_TEST_CASE(an_address_that_refuses_is_passed_over) {
  port_at open("127.0.0.5");
  auto names = nodes_at({"127.0.0.4", "127.0.0.5"});
  BOOST_TEST(dialled(names, open.number) == "");
  BOOST_TEST(open.first_bytes() == preface_of(connection_role::control));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_silent_has_its_time_and_is_passed_over) {
  port_at silent("127.0.0.4", 0, 0);
  port_at open("127.0.0.5", silent.number);
  unique_fd fills_it(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto to = address_of("127.0.0.4", silent.number);
  BOOST_REQUIRE(::connect(fills_it.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  auto names = nodes_at({"127.0.0.4", "127.0.0.5"});
  BOOST_TEST(dialled(names, open.number, 50 * kj::MILLISECONDS) == "");
  BOOST_TEST(open.first_bytes() == preface_of(connection_role::control));
}
