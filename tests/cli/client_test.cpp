#define BOOST_TEST_MODULE client
#include "runtime/cli/client.hpp"
#include "runtime/cli/wire.hpp"
#include "tests/cli/fake_node.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace {

using namespace troupe;
using test::fake_node;

/// The failure that `action` ends with.
template <class Action>
command_failure failure_of(Action action) {
  try {
    action();
  } catch (const command_failure& failure) {
    return failure;
  }
  return {exit_code::ok, ""};
}

/// A port of the kernel's; `backlog` 0 only binds it, so that nobody answers there.
struct raw_port {
  explicit raw_port(int backlog) : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof to;
    BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&to), size) == 0);
    BOOST_REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&to), &size) == 0);
    BOOST_REQUIRE(backlog == 0 || ::listen(fd, backlog) == 0);
    address = "127.0.0.1:" + std::to_string(ntohs(to.sin_port));
  }
  ~raw_port() { ::close(fd); }

  int fd;
  std::string address;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_address_is_bad_usage) {
  BOOST_TEST((failure_of([] { client node("nonsense"); }).code() == exit_code::bad_usage));
}

BOOST_AUTO_TEST_CASE(nobody_at_the_port_is_told_with_what_to_do) {
  raw_port port(0);
  auto failure = failure_of([&] { client node(port.address); });
  BOOST_TEST((failure.code() == exit_code::no_node));
  BOOST_TEST(failure.what()
             == "no node answers at " + port.address + "; start one with `troupe node`, or name another with --node");
}

BOOST_AUTO_TEST_CASE(another_protocol_at_the_port_is_no_node) {
  quiet_kj quiet;
  raw_port port(1);
  std::thread web([&] {
    int stream = ::accept(port.fd, nullptr, nullptr);
    char request[16];
    BOOST_CHECK(::read(stream, request, sizeof request) > 0);
    const std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    BOOST_CHECK(::write(stream, answer.data(), answer.size()) > 0);
    ::close(stream);
  });
  auto failure = failure_of([&] { client node(port.address); });
  web.join();
  BOOST_TEST((failure.code() == exit_code::no_node));
  BOOST_TEST(std::string(failure.what()).find("does not answer as a troupe node") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_in_the_middle_of_a_call_is_lost) {
  quiet_kj quiet;
  fake_node server;
  client node(server.address());
  auto call = node.inference().inferRequest();
  call.initRequest().setDeployment("hangup");
  auto failure = failure_of([&] { node.wait(call.send()); });
  BOOST_TEST((failure.code() == exit_code::no_node));
  BOOST_TEST(std::string(failure.what()).find("the connection to " + server.address() + " was lost") == 0U);
}

BOOST_AUTO_TEST_CASE(a_call_that_is_not_answered_in_time_times_out_and_the_next_one_works) {
  fake_node server;
  client node(server.address());
  auto call = node.inference().inferRequest();
  call.initRequest().setDeployment("silent");
  auto failure = failure_of([&] { node.wait(call.send(), std::chrono::milliseconds(20)); });
  BOOST_TEST((failure.code() == exit_code::timed_out));
  BOOST_TEST(failure.what() == "no answer from " + server.address() + " within 20 ms");
  auto next = node.inference().inferRequest();
  next.initRequest().setDeployment("echo");
  BOOST_TEST(node.wait(next.send()).getResponse().getVersion() == 3U);
}

BOOST_AUTO_TEST_CASE(the_nodes_limits_are_known_once_connected) {
  fake_node server;
  client node(server.address());
  BOOST_TEST(node.limits().message_bytes_max == 1U << 20);
  BOOST_TEST(node.limits().chunk_bytes_max == 1000U);
  BOOST_TEST((node.limits().default_deadline == std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(a_client_says_who_it_is) {
  fake_node server;
  client node(server.address());
  BOOST_TEST(server.client() == client_text());
  auto at = client_text().find('@');
  BOOST_TEST(at > 0U);
  BOOST_TEST(client_text().find(" (troupe-cli ") > at);
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_what_is_waited_for_only_where_it_was_asked_for) {
  fake_node server;
  client node(server.address());
  node.on_interrupt("stopped");
  auto call = node.inference().inferRequest();
  call.initRequest().setDeployment("silent");
  auto answer = call.send();
  raise(SIGINT);
  auto failure = failure_of([&] { node.wait(kj::mv(answer)); });
  BOOST_TEST((failure.code() == exit_code::interrupted));
  BOOST_TEST(failure.what() == "stopped");
}

BOOST_AUTO_TEST_CASE(a_refusals_code_and_message_are_kept_and_an_unknown_code_is_internal) {
  capnp::MallocMessageBuilder message;
  auto refusal = message.initRoot<schema::Error>();
  refusal.setCode(schema::Code::DEADLINE_EXCEEDED);
  refusal.setMessage("too late\x1b");
  BOOST_TEST(to_string(error_of(refusal)) == "deadline_exceeded: too late?");
  BOOST_TEST((failure_of([&] { require_ok(refusal); }).code() == exit_code::timed_out));
  refusal.setCode(static_cast<schema::Code>(999));
  BOOST_TEST((error_of(refusal).code == error_code::internal));
  BOOST_TEST((failure_of([&] { require_ok(refusal); }).code() == exit_code::failed));
}
