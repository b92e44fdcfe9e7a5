#define BOOST_TEST_MODULE node_life
#include "tests/e2e/answers.hpp"
#include "tests/e2e/background_load.hpp"
#include "tests/e2e/raw_client.hpp"
#include "tests/e2e/running_node.hpp"

#include <algorithm>
#include <fstream>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

bool all_gone(const std::vector<pid_t>& pids) {
  return eventually([&] { return std::none_of(pids.begin(), pids.end(), lives); });
}

command_result start_node(const std::string& data, const std::string& listen) {
  return run_program({troupe_program(), "node", "--data", data, "--listen", listen, "--http", ""});
}

} // namespace

BOOST_AUTO_TEST_CASE(a_data_folder_in_use_by_another_node_is_refused_and_the_other_serves_on) {
  running_node node;
  node.deploy("rows", "raise_on_magic");
  auto refused = start_node(node.folder() + "/data", "127.0.0.1:0");
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "is in use by another node"), refused.err);
  BOOST_TEST(contains(refused.err, "--data"), refused.err);
  BOOST_TEST(caller(node.address()).ask("rows", {row(1)}).error == "");
}

BOOST_AUTO_TEST_CASE(a_data_folder_that_cannot_be_written_is_refused_with_what_to_do) {
  temporary_folder folder;
  auto file = (folder.path() / "file").string();
  std::ofstream(file) << "not a folder";
  for (const auto& data : {file, file + "/data", std::string("/proc/troupe")}) {
    auto refused = start_node(data, "127.0.0.1:0");
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(contains(refused.err, "data folder " + data + " can't be written"), refused.err);
    BOOST_TEST(contains(refused.err, "--data"), refused.err);
  }
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_refused_with_what_to_do) {
  running_node node;
  temporary_folder folder;
  auto refused = start_node((folder.path() / "data").string(), node.address());
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "cannot listen on " + node.address() + ": the port is in use"), refused.err);
  BOOST_TEST(contains(refused.err, "--listen"), refused.err);
  BOOST_TEST(node.troupe({"status"}).code == 0);
}

BOOST_AUTO_TEST_CASE(listening_beyond_loopback_without_a_cluster_is_refused) {
  temporary_folder folder;
  auto refused = start_node((folder.path() / "data").string(), "0.0.0.0:0");
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "beyond loopback clients come by TLS"), refused.err);
  BOOST_TEST(contains(refused.err, "--insecure-listen"), refused.err);
}

BOOST_AUTO_TEST_CASE(half_of_what_it_takes_to_join_is_refused_with_the_other_half) {
  for (const auto& [flag, missing] : {std::pair("--join", "to join a cluster a token is needed"),
                                      std::pair("--advertise", "say where it is with --cluster HOST:PORT")}) {
    temporary_folder folder;
    auto refused = run_program({troupe_program(), "node", "--data", (folder.path() / "data").string(), "--listen", "127.0.0.1:0",
                                "--http", "", flag, "127.0.0.1:7551"});
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(contains(refused.err, missing), refused.err);
  }
}

BOOST_AUTO_TEST_CASE(an_address_file_that_cannot_be_written_ends_the_node_with_what_to_do) {
  temporary_folder folder;
  auto refused = run_program({troupe_program(), "node", "--data", (folder.path() / "data").string(), "--listen", "127.0.0.1:0",
                              "--http", "", "--address-file", "/nonexistent/address"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "cannot write the address to /nonexistent/address"), refused.err);
}

BOOST_AUTO_TEST_CASE(asked_to_stop_a_node_ends_with_0_and_leaves_no_process) {
  running_node node;
  node.deploy("rows", "raise_on_magic", 2);
  auto family = node.descendants();
  BOOST_TEST(family.size() >= 4U); // template, version template, two replicas
  BOOST_TEST(node.process().stop().value_or(-1) == 0);
  BOOST_TEST(all_gone(family));
}

BOOST_AUTO_TEST_CASE(asked_to_stop_under_load_a_node_still_ends_with_0) {
  running_node node;
  node.deploy("rows", "raise_on_magic", 2);
  auto family = node.descendants();
  background_load load(node.address(), "rows", {row(1)});
  BOOST_REQUIRE(load.answers(200));
  BOOST_TEST(node.process().stop().value_or(-1) == 0);
  BOOST_CHECK_THROW(load.end(), command_failure); // its connection is gone
  BOOST_TEST(all_gone(family));
}

BOOST_AUTO_TEST_CASE(a_killed_node_leaves_no_process) {
  running_node node;
  node.deploy("rows", "raise_on_magic", 2);
  auto family = node.descendants();
  node.process().signal(SIGKILL);
  BOOST_TEST(node.process().wait(10s).value_or(-1) == 128 + SIGKILL);
  BOOST_TEST(all_gone(family));
}

BOOST_AUTO_TEST_CASE(killed_right_after_deploy_answered_a_node_serves_that_version_once_it_is_back) {
  running_node node;
  auto answered = node.troupe({"deploy", "rows", model_folder_of("raise_on_magic"), "--replicas", "2"});
  node.process().signal(SIGKILL);
  BOOST_REQUIRE_MESSAGE(answered.code == 0, answered.err);
  node.process().wait(10s);
  node.restart();
  caller client(node.address());
  BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).version == 1; }));
  BOOST_TEST(eventually([&] { return node.ready_pids("rows").size() == 2; }));
}

BOOST_AUTO_TEST_CASE(a_restarted_node_serves_the_newest_version_with_as_many_replicas_as_wanted) {
  running_node node;
  node.deploy("rows", "raise_on_magic");
  node.deploy("rows", "crash_on_magic");
  node.deploy("gone", "raise_on_magic");
  BOOST_REQUIRE(node.troupe({"scale", "rows", "3"}).code == 0);
  BOOST_REQUIRE(node.troupe({"undeploy", "gone"}).code == 0);
  node.process().signal(SIGKILL);
  node.process().wait(10s);
  node.restart();
  caller client(node.address());
  BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).version == 2; }));
  BOOST_TEST(eventually([&] { return node.ready_pids("rows").size() == 3; }));
  BOOST_TEST(contains(client.ask("gone", {row(1)}).error, "not_found"));
}

BOOST_AUTO_TEST_CASE(without_its_host_program_a_node_says_what_is_missing) {
  temporary_folder folder;
  auto config = (folder.path() / "troupe.toml").string();
  std::ofstream(config) << "host_binary = \"/nonexistent/troupe-host\"\n";
  running_node node({"--config", config});
  auto failed = node.troupe({"deploy", "rows", model_folder_of("raise_on_magic"), "--timeout", "3s"});
  BOOST_TEST(failed.code != 0);
  BOOST_TEST(contains(node.process().log() + failed.err, "/nonexistent/troupe-host"), node.process().log());
  BOOST_TEST(node.troupe({"status"}).code == 0);
}
