#define BOOST_TEST_MODULE service_notifier
#include "runtime/node/service_notifier.hpp"
#include "tests/node/notify_socket.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <cstdlib>
#include <unistd.h>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

std::string abstract_name() {
  return "@troupe-test-" + std::to_string(::getpid());
}

} // namespace

BOOST_AUTO_TEST_CASE(without_a_manager_or_with_one_that_is_gone_nothing_happens) {
  for (const auto& name : {std::string(), std::string("relative"), std::string("/nonexistent/notify"), std::string(200, '/')})
    service_notifier(name).ready("127.0.0.1:1");
}

BOOST_AUTO_TEST_CASE(a_manager_that_does_not_read_holds_nobody_up) {
  notify_socket manager(abstract_name());
  service_notifier node(abstract_name());
  for (int i = 0; i < 10'000; ++i)
    node.alive();
  BOOST_TEST(manager.next() == "WATCHDOG=1");
}

BOOST_AUTO_TEST_CASE(states_reach_a_path_and_an_abstract_socket) {
  temporary_folder folder;
  for (const auto& name : {(folder.path() / "notify").string(), abstract_name()}) {
    notify_socket manager(name);
    service_notifier node(name);
    node.starting(2s);
    node.ready("127.0.0.1:7550");
    node.stopping(90s);
    BOOST_TEST(manager.next() == "STATUS=starting\nEXTEND_TIMEOUT_USEC=2000000");
    BOOST_TEST(manager.next() == "READY=1\nSTATUS=serves on 127.0.0.1:7550");
    BOOST_TEST(manager.next() == "STOPPING=1\nSTATUS=finishes what it accepted\nEXTEND_TIMEOUT_USEC=90000000");
  }
}

BOOST_AUTO_TEST_CASE(the_environment_is_read_once_and_taken_away) {
  ::setenv("NOTIFY_SOCKET", "/run/x", 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  BOOST_TEST((service_notifier::from_environment().watchdog() == 30s));
  BOOST_TEST(std::getenv("NOTIFY_SOCKET") == nullptr);
  BOOST_TEST(!service_notifier::from_environment().watchdog().has_value());
}

BOOST_AUTO_TEST_CASE(a_watchdog_meant_for_another_process_is_not_ours) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  BOOST_TEST(!service_notifier::from_environment().watchdog().has_value());
}
