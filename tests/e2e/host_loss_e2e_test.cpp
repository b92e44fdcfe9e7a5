#define BOOST_TEST_MODULE host_loss
#include "runtime/cli/load.hpp"
#include "tests/e2e/background_load.hpp"
#include "tests/e2e/shared_node.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

bool holds(const std::vector<pid_t>& pids, pid_t one) {
  return std::find(pids.begin(), pids.end(), one) != pids.end();
}

/// Two replicas under load; the load goes on until the test ends it.
struct loaded : shared_node {
  loaded() { node.deploy("rows", "raise_on_magic", 2); }

  std::vector<pid_t> two_replicas() {
    std::vector<pid_t> pids;
    BOOST_REQUIRE(eventually([&] { return (pids = node.ready_pids("rows")).size() == 2; }));
    return pids;
  }
  bool replaced(const std::vector<pid_t>& lost) {
    return eventually([&] {
      auto now = node.ready_pids("rows");
      return now.size() == 2 && std::none_of(lost.begin(), lost.end(), [&](pid_t pid) { return holds(now, pid); });
    });
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_host_killed_under_load_fails_no_request_and_is_replaced, loaded) {
  auto pids = two_replicas();
  background_load load(node.address(), "rows", {row(1)});
  BOOST_REQUIRE(load.answers(500));
  ::kill(pids[0], SIGKILL);
  BOOST_TEST(replaced({pids[0]}));
  auto report = load.end();
  BOOST_TEST(report.failed == 0U, report.first_error);
}

BOOST_FIXTURE_TEST_CASE(both_hosts_killed_at_once_under_load_fail_no_request, loaded) {
  auto pids = two_replicas();
  background_load load(node.address(), "rows", {row(1)});
  BOOST_REQUIRE(load.answers(500));
  for (auto pid : pids)
    ::kill(pid, SIGKILL);
  BOOST_TEST(replaced(pids));
  auto report = load.end();
  BOOST_TEST(report.failed == 0U, report.first_error);
}

BOOST_FIXTURE_TEST_CASE(a_stopped_host_is_killed_at_its_batch_timeout_and_its_requests_go_elsewhere, loaded) {
  auto pids = two_replicas();
  background_load load(node.address(), "rows", {row(1)});
  BOOST_REQUIRE(load.answers(500));
  ::kill(pids[0], SIGSTOP);
  BOOST_TEST(replaced({pids[0]}));
  auto report = load.end();
  BOOST_TEST(report.failed == 0U, report.first_error);
  BOOST_TEST(!lives(pids[0]));
}

BOOST_FIXTURE_TEST_CASE(a_lost_template_is_made_again_and_its_replicas_replaced_with_no_failed_request, loaded) {
  auto pids = two_replicas();
  auto forker = node.template_pid("rows");
  BOOST_REQUIRE(lives(forker));
  background_load load(node.address(), "rows", {row(1)});
  BOOST_REQUIRE(load.answers(500));
  ::kill(forker, SIGKILL);
  BOOST_TEST(eventually([&] { return node.template_pid("rows") != forker; }));
  BOOST_TEST(replaced(pids));
  auto report = load.end();
  BOOST_TEST(report.failed == 0U, report.first_error);
  BOOST_TEST(contains(node.events("rows"), "template_lost"));
}

BOOST_FIXTURE_TEST_CASE(without_any_host_requests_wait_for_the_next_one, loaded) {
  auto pids = two_replicas();
  for (auto pid : pids)
    ::kill(pid, SIGKILL);
  auto got = client.ask("rows", {row(1)});
  BOOST_TEST(got.error == "");
}
