#define BOOST_TEST_MODULE lan_discovery
#include "cluster/lan_discovery.hpp"

#include "tests/cluster/cluster_ids.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <optional>

using namespace troupe;
using namespace std::chrono_literals;
using test::node_1;
using test::node_2;
using test::some_cluster;

namespace {

/// The one KJ loop of the test's own thread.
kj::AsyncIoContext& own_io() {
  static auto io = new kj::AsyncIoContext(kj::setupAsyncIo()); // never destroyed: at the end there may be events in its queue
  return *io;
}

/// Turns the loop until it holds; false if it does not within 20 s.
bool eventually(const std::function<bool()>& holds) {
  auto& io = own_io();
  auto until = std::chrono::steady_clock::now() + 20s;
  while (!holds() && std::chrono::steady_clock::now() < until)
    io.provider->getTimer().afterDelay(2 * kj::MILLISECONDS).wait(io.waitScope);
  return holds();
}

/// Node 1 looks, by a script in the place of troupe-lan, or by the real one.
struct looking_node {
  explicit looking_node(const std::string& script) {
    auto path = (folder.path() / "lan").string();
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    look(path);
  }
  looking_node(const std::string& program, const std::string& node, const std::string& announce) {
    look(program, node, announce);
  }

  void look(const std::string& program, const std::string& node = node_1, const std::string& announce = "") {
    lan_discovery_options options{program, some_cluster, node, announce, 1ms, 1ms};
    tested.emplace(own_io(), options, [this](const std::string& what) { troubles.push_back(what); });
  }
  bool sees(const std::vector<std::string>& addresses) {
    return eventually([&] { return tested->addresses() == addresses; });
  }
  bool complains(const std::string& part) {
    return eventually([&] { return !troubles.empty() && troubles.back().find(part) != std::string::npos; });
  }

  test::temporary_folder folder;
  std::vector<std::string> troubles;
  std::optional<lan_discovery> tested;
};

const std::string node_2_is_seen = "echo seen n2 " + some_cluster + " " + node_2 + " 10.0.0.2:7551";

} // namespace

BOOST_AUTO_TEST_CASE(a_program_that_can_not_be_started_is_told_of_once) {
  looking_node tested("/no/such/program", node_1, "");
  BOOST_TEST(tested.complains("/no/such/program can't be started: No such file or directory"));
  for (int turn = 0; turn < 20; ++turn) // by then it was tried some times
    own_io().provider->getTimer().afterDelay(1 * kj::MILLISECONDS).wait(own_io().waitScope);
  BOOST_TEST(tested.troubles.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_program_that_crashes_is_told_of_and_started_again_and_what_it_saw_is_forgotten) {
  looking_node tested("test -e \"$0.again\" && exec cat; touch \"$0.again\"; " + node_2_is_seen + "; kill -SEGV $$");
  BOOST_TEST(tested.complains("it ended by signal 11"));
  BOOST_TEST(tested.sees({}));
}

BOOST_AUTO_TEST_CASE(a_program_that_writes_without_end_is_stopped) {
  looking_node tested("exec tr '\\0' x </dev/zero");
  BOOST_TEST(tested.complains("wrote a line that has no end"));
}

BOOST_AUTO_TEST_CASE(what_the_program_complains_of_is_told) {
  looking_node tested("echo trouble no interface does multicast; exec cat");
  BOOST_TEST(tested.complains("no interface does multicast"));
}

BOOST_AUTO_TEST_CASE(what_the_program_sees_is_found_in_whatever_pieces_it_comes) {
  looking_node tested("printf 'seen n3 " + some_cluster + "'; sleep 0.01; printf ' " + node_2 + " 10.0.0.3:1\\nnonsense\\n'; "
                      + node_2_is_seen + "; exec cat");
  BOOST_TEST(tested.sees({"10.0.0.2:7551", "10.0.0.3:1"}));
}

BOOST_AUTO_TEST_CASE(the_program_ends_with_its_discovery) {
  looking_node tested("echo $$ >\"$0.pid\"; " + node_2_is_seen + "; exec cat");
  BOOST_TEST(tested.sees({"10.0.0.2:7551"}));
  pid_t pid = 0;
  std::ifstream((tested.folder.path() / "lan.pid").string()) >> pid;
  BOOST_REQUIRE(pid > 0);
  tested.tested.reset();
  BOOST_TEST(!std::filesystem::exists("/proc/" + std::to_string(pid)));
}

BOOST_AUTO_TEST_CASE(two_nodes_of_this_machine_find_each_other_by_multicast_until_one_goes) {
  looking_node first(TROUPE_LAN_PROGRAM, node_1, "127.0.0.1:7551");
  looking_node second(TROUPE_LAN_PROGRAM, node_2, "127.0.0.1:7552");
  looking_node stranger(TROUPE_LAN_PROGRAM, std::string(32, 'b'), "");
  bool met = first.sees({"127.0.0.1:7552"});
  if (!met && !first.troubles.empty()) {
    BOOST_TEST_MESSAGE("skipped: " << first.troubles.back());
    return;
  }
  BOOST_TEST(met);
  BOOST_TEST(second.sees({"127.0.0.1:7551"}));
  BOOST_TEST(eventually([&] { return stranger.tested->addresses().size() == 2U; }));
  second.tested.reset();
  BOOST_TEST(first.sees({}));
}
