#define BOOST_TEST_MODULE deployment
#include "tests/e2e/background_load.hpp"
#include "tests/e2e/shared_node.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

struct deployed : shared_node {
  void must(const std::vector<std::string>& command) {
    auto done = node.troupe(command);
    BOOST_REQUIRE_MESSAGE(done.code == 0, command[0] << ": " << done.err);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_second_version_replaces_the_first_without_a_failed_request, deployed) {
  node.deploy("rolls", "raise_on_magic", 2);
  auto old = node.ready_pids("rolls");
  background_load load(node.address(), "rolls", {row(1)});
  BOOST_REQUIRE(load.answers(200));
  node.deploy("rolls", "crash_on_magic", 2);
  BOOST_TEST(client.ask("rolls", {row(1)}).version == 2U);
  BOOST_REQUIRE(load.answers(200));
  auto report = load.end();
  BOOST_TEST(report.failed == 0U, report.first_error);
  BOOST_TEST(std::all_of(old.begin(), old.end(), lives)); // resident, for a rollback
}

BOOST_FIXTURE_TEST_CASE(scaled_to_0_it_serves_nothing_and_scaled_up_again_it_serves, deployed) {
  node.deploy("scales", "raise_on_magic");
  must({"scale", "scales", "0"});
  auto refused = client.ask("scales", {row(1)}).error;
  BOOST_TEST(contains(refused, "deployment 'scales' is scaled to 0; `troupe scale scales N` serves it again"), refused);
  BOOST_TEST(eventually([&] { return node.ready_pids("scales").empty(); }));
  must({"scale", "scales", "3"});
  BOOST_TEST(eventually([&] { return node.ready_pids("scales").size() == 3; }));
  BOOST_TEST(eventually([&] { return client.ask("scales", {row(1)}).error.empty(); }));
}

// Linux bounds the descriptors that a user has in flight by the sender's limit: hosts with a low one could not report their forks.
BOOST_FIXTURE_TEST_CASE(many_replicas_come_up_at_once, deployed) {
  node.deploy("many", "raise_on_magic");
  must({"scale", "many", "40"});
  BOOST_TEST(eventually([&] { return node.ready_pids("many").size() == 40; }, 30s));
  must({"undeploy", "many"});
}

BOOST_FIXTURE_TEST_CASE(scaling_up_and_down_under_load_fails_no_request, deployed) {
  node.deploy("elastic", "raise_on_magic");
  background_load load(node.address(), "elastic", {row(1)});
  for (std::size_t replicas : {4U, 1U, 3U, 2U}) {
    must({"scale", "elastic", std::to_string(replicas)});
    BOOST_TEST(eventually([&] { return node.ready_pids("elastic").size() == replicas; }));
    BOOST_REQUIRE(load.answers(100));
  }
  auto report = load.end();
  BOOST_TEST(report.failed == 0U, report.first_error);
}

BOOST_FIXTURE_TEST_CASE(undeployed_it_is_gone_with_its_hosts_and_may_come_again, deployed) {
  node.deploy("passes", "raise_on_magic", 2);
  auto pids = node.ready_pids("passes");
  pids.push_back(node.template_pid("passes"));
  must({"undeploy", "passes"});
  BOOST_TEST(contains(client.ask("passes", {row(1)}).error, "not_found: no deployment 'passes'"));
  BOOST_TEST(eventually([&] { return std::none_of(pids.begin(), pids.end(), lives); }));
  BOOST_TEST(eventually([&] { return node.troupe({"deploy", "passes", model_folder_of("raise_on_magic")}).code == 0; }));
  BOOST_TEST(client.ask("passes", {row(1)}).error == "");
}

BOOST_FIXTURE_TEST_CASE(what_goes_on_is_told_by_status_tree_and_events, deployed) {
  node.deploy("told", "raise_on_magic", 2);
  auto status = node.troupe({"status", "told"});
  BOOST_TEST(contains(status.out, "told@1"), status.out);
  BOOST_TEST(contains(status.out, "2/2"), status.out);
  auto tree = node.troupe({"tree"});
  BOOST_TEST(contains(tree.out, "told"), tree.out);
  BOOST_TEST(contains(node.events("told"), "version_live"));
}
