#define BOOST_TEST_MODULE discovery
#include "tests/e2e/running_cluster.hpp"

#include <csignal>
#include <filesystem>
#include <memory>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;
using flags = std::vector<std::string>;

/// A node that founds a cluster; each start gives it another cluster port.
struct founder {
  explicit founder(flags more = {}) : node(with({"--cluster", "127.0.0.1:0", "--name", "n1"}, more)) {}

  static flags with(flags some, const flags& more) {
    some.insert(some.end(), more.begin(), more.end());
    return some;
  }
  std::string token() { return node_token(node); }
  std::string cluster_port() {
    auto address = cluster_address_of(node);
    return address.substr(address.rfind(':') + 1);
  }
  /// How this node sees the other one.
  bool sees(const std::string& name, const std::string& state) {
    return eventually([&] { return state_seen_by(node, name) == state; }, 30s);
  }

  running_node node;
};

/// A node's output when it is told to join and can't.
command_result failure_in(const std::filesystem::path& data, const flags& more) {
  auto command = founder::with(
      {troupe_program(), "node", "--data", data.string(), "--listen", "127.0.0.1:0", "--http", "", "--cluster", "127.0.0.1:0"},
      more);
  return run_program(command);
}

command_result failure_of(const flags& more) {
  temporary_folder folder;
  return failure_in(folder.path(), more);
}

const flags by_lan{"--discover", "lan"};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_missing_to_find_a_cluster_is_told) {
  auto seedless = failure_of({"--token", "trp_x"});
  BOOST_TEST(seedless.code == 1);
  BOOST_TEST(contains(seedless.err, "say how to find its cluster: --join HOST:PORT or --discover lan"), seedless.err);
  auto nowhere = failure_of({"--discover", "wan"});
  BOOST_TEST(nowhere.code == 2);
  BOOST_TEST(contains(nowhere.err, "discover: expected \"lan\" or \"\", found \"wan\""), nowhere.err);
}

BOOST_AUTO_TEST_CASE(a_founder_that_nobody_could_reach_is_refused) {
  temporary_folder folder;
  auto refused = run_program({troupe_program(), "node", "--data", folder.path().string(), "--listen", "127.0.0.1:0", "--http", "",
                              "--cluster", "0.0.0.0:0"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "name an address of this machine with --advertise HOST:PORT"), refused.err);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_the_search_and_the_error_says_which_address_said_what) {
  founder n1;
  founder other;
  auto refused = failure_of({"--join", "127.0.0.1:1,localhost:" + n1.cluster_port(), "--token", other.token()});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "nobody let this node in:"), refused.err);
  BOOST_TEST(contains(refused.err, "cannot join through 127.0.0.1:1: connect(): Connection refused"), refused.err);
  BOOST_TEST(contains(refused.err, "127.0.0.1:" + n1.cluster_port() + " belongs to another cluster than this token"),
             refused.err);
}

BOOST_AUTO_TEST_CASE(a_node_joins_with_nothing_to_lose_and_one_cluster_only) {
  founder n1;
  const flags joins{"--join", "127.0.0.1:" + n1.cluster_port(), "--token", n1.token()};
  temporary_folder folder;
  {
    node_process alone({troupe_program(), folder.path().string(), "127.0.0.1:0", {}});
    auto deployed =
        run_program({troupe_program(), "--node", alone.address(), "deploy", "own", model_folder_of("raise_on_magic")});
    BOOST_REQUIRE_MESSAGE(deployed.code == 0, deployed.err);
  }
  auto refused = failure_in(folder.path() / "data", joins);
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "this data folder has deployments of its own ('own'), which the cluster wouldn't serve"),
             refused.err);

  temporary_folder others;
  {
    node_process other({troupe_program(), others.path().string(), "127.0.0.1:0", {"--cluster", "127.0.0.1:0"}});
  }
  auto astray = failure_in(others.path() / "data", joins);
  BOOST_TEST(astray.code == 1);
  BOOST_TEST(contains(astray.err, "the node of this data folder belongs to cluster "), astray.err);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_not_for_nodes_is_told_as_that) {
  founder n1;
  auto joined = failure_of({"--join", n1.node.address(), "--token", n1.token()});
  BOOST_TEST(joined.code == 1);
  BOOST_TEST(contains(joined.err, "does not answer as a node's cluster port; is it a port for clients?"), joined.err);
  for (const auto& port : {n1.node.address(), n1.node.process().http_address()}) {
    auto login = n1.node.troupe({"login", port, "--token", n1.token()});
    BOOST_TEST(login.code != 0);
    BOOST_TEST(contains(login.err, "what listens at " + port + " does not answer as a node's cluster port"), login.err);
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_still_looks_for_its_cluster_stops_as_soon_as_it_is_asked) {
  std::string token = founder().token(); // whose cluster is gone now
  temporary_folder folder;
  auto log = (folder.path() / "log").string();
  child_options options;
  options.command = {troupe_program(), "node",        "--data", (folder.path() / "data").string(),
                     "--listen",       "127.0.0.1:0", "--http", "",
                     "--cluster",      "127.0.0.1:0", "--join", "127.0.0.1:1",
                     "--token",        token};
  options.err = log;
  child lost(options);
  BOOST_REQUIRE(eventually([&] { return contains(text_of_file(log), "trying again"); }));
  lost.signal(SIGTERM);
  BOOST_TEST((lost.wait(5s) == 128 + SIGTERM), text_of_file(log));
}

BOOST_AUTO_TEST_CASE(a_node_joins_by_the_first_seed_that_answers_and_a_name_is_all_its_addresses) {
  founder n1;
  running_node n2({"--cluster", "127.0.0.1:0", "--name", "n2", "--join", "127.0.0.1:1,localhost:" + n1.cluster_port(), "--token",
                   n1.token()});
  BOOST_TEST(n1.sees("n2", "alive"), n2.process().log());
}

BOOST_AUTO_TEST_CASE(nodes_on_one_network_find_each_other_and_again_when_all_addresses_have_changed) {
  founder n1(by_lan);
  running_node n2(founder::with({"--cluster", "127.0.0.1:0", "--name", "n2", "--token", n1.token()}, by_lan));
  BOOST_TEST(n1.sees("n2", "alive"), n2.process().log());
  n2.process().stop();
  n1.node.process().stop();
  n1.node.restart();
  n2.restart();
  BOOST_TEST(n1.sees("n2", "alive"), n1.node.process().log() + n2.process().log());
}
