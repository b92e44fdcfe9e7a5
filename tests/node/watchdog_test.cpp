#define BOOST_TEST_MODULE watchdog
#include "runtime/node/watchdog.hpp"
#include "tests/node/notify_socket.hpp"

#include <unistd.h>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

std::string name() {
  return "@troupe-watchdog-" + std::to_string(::getpid());
}

/// Runs tasks at once, unless it hangs.
struct hand_loop {
  std::atomic<bool> hangs{false};

  watchdog::post post() {
    return [this](const std::function<void()>& task) {
      if (!hangs)
        task();
    };
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_loop_that_hangs_silences_the_node) {
  notify_socket manager(name());
  service_notifier node(name(), 40ms);
  hand_loop good, bad;
  bad.hangs = true;
  watchdog tested(node, {good.post(), bad.post()});
  BOOST_TEST(manager.next(200) == "");
}

BOOST_AUTO_TEST_CASE(as_long_as_all_loops_turn_the_manager_hears_of_it) {
  notify_socket manager(name());
  service_notifier node(name(), 20ms);
  hand_loop one, other;
  watchdog tested(node, {one.post(), other.post()});
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(manager.next() == "WATCHDOG=1");
}

BOOST_AUTO_TEST_CASE(a_manager_that_wants_no_word_hears_none) {
  notify_socket manager(name());
  service_notifier node(name());
  hand_loop loop;
  watchdog tested(node, {loop.post()});
  BOOST_TEST(manager.next(50) == "");
}
