#define BOOST_TEST_MODULE full_disk_e2e
#include "tests/e2e/answers.hpp"
#include "tests/e2e/running_node.hpp"
#include "tests/storage/small_disk.hpp"

#include <filesystem>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node whose disk can be filled.
struct cramped_node {
  small_disk disk{64 << 20};
  node_process process{{troupe_program(), disk.path().string(), "127.0.0.1:0", {}, false}};

  command_result troupe(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {troupe_program(), "--node", process.address()});
    return run_program(arguments);
  }
  command_result deploy(const std::string& name, const std::string& model) {
    return troupe({"deploy", name, model_folder_of(model), "--replicas", "1"});
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_disk_that_fills_refuses_what_must_be_kept_and_stops_no_request,
                     *boost::unit_test::precondition(can_mount)) {
  cramped_node node;
  BOOST_REQUIRE(node.deploy("rows", "raise_on_magic").code == 0);
  node.disk.fill(0);
  caller client(node.process.address());
  for (const auto& refused : {node.deploy("other", "crash_on_magic"), node.troupe({"scale", "rows", "2"})}) {
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(contains(refused.err, "free some space"), refused.err);
  }
  temporary_folder elsewhere;
  auto backup = node.troupe({"backup", (elsewhere.path() / "backup").string()});
  BOOST_TEST(backup.code == 1);
  BOOST_TEST(!std::filesystem::exists(elsewhere.path() / "backup.partial"));
  BOOST_TEST(client.ask("rows", {row(1)}).error == "");
  BOOST_TEST(node.troupe({"status"}).code == 0);
  BOOST_TEST(node.troupe({"events"}).code == 0);

  node.disk.empty();
  BOOST_TEST(node.troupe({"scale", "rows", "2"}).code == 0);
  BOOST_TEST(node.deploy("other", "crash_on_magic").code == 0);
  BOOST_TEST(contains(node.troupe({"events"}).out, "backup_failed")); // what happened meanwhile was kept
  BOOST_TEST(node.process.stop().value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(a_node_is_not_started_on_a_full_disk_and_loses_nothing, *boost::unit_test::precondition(can_mount)) {
  cramped_node node;
  BOOST_REQUIRE(node.deploy("rows", "raise_on_magic").code == 0);
  node.process.signal(SIGKILL);
  node.process.wait(std::chrono::seconds(10));
  node.disk.fill(0);
  auto data = (node.disk.path() / "data").string();
  auto refused = run_program({troupe_program(), "node", "--data", data, "--listen", "127.0.0.1:0", "--http", ""});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "is full"), refused.err);
  node.disk.empty();
  node_process again({troupe_program(), node.disk.path().string(), "127.0.0.1:0", {}, false});
  caller client(again.address());
  BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).error.empty(); }));
}
