#define BOOST_TEST_MODULE cluster
#include "tests/e2e/answers.hpp"
#include "tests/e2e/background_load.hpp"
#include "tests/e2e/running_cluster.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;
using names = std::vector<std::string>;

/// Three nodes, and a deployment with a replica on each; the load comes in by the second node.
struct loaded_cluster {
  running_cluster cluster{3};

  loaded_cluster() {
    cluster.node(2).deploy("rows", "raise_on_magic", 3);
    BOOST_REQUIRE(spread_over({"n1", "n2", "n3"}));
  }

  bool spread_over(const names& expected, std::size_t asked = 1) {
    names found;
    bool is = eventually([&] { return (found = cluster.nodes_of("rows", asked)) == expected; }, 30s);
    for (const auto& each : found)
      BOOST_TEST_MESSAGE("a replica on " << each);
    return is;
  }
  std::unique_ptr<background_load> load() {
    auto made = std::make_unique<background_load>(cluster.node(2).address(), "rows", std::vector{row(1)});
    BOOST_REQUIRE(made->answers(500));
    return made;
  }
  void end(std::unique_ptr<background_load>& load) {
    BOOST_TEST(load->answers(500));
    auto report = load->end();
    BOOST_TEST(report.failed == 0U, report.first_error);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(every_node_answers_and_tells_the_same, loaded_cluster) {
  for (std::size_t number = 1; number <= 3; ++number) {
    caller client(cluster.node(number).address());
    BOOST_TEST(client.ask("rows", {row(1)}).error == "");
    BOOST_TEST(cluster.nodes_of("rows", number).size() == 2 + number);
    auto scaled = cluster.node(number).troupe({"scale", "rows", std::to_string(3 + number)});
    BOOST_TEST(scaled.code == 0, scaled.err);
    BOOST_TEST(eventually([&] { return cluster.nodes_of("rows", number).size() == 3 + number; }));
  }
}

BOOST_FIXTURE_TEST_CASE(a_node_killed_under_load_fails_no_request_and_its_replica_moves, loaded_cluster) {
  auto requests = load();
  cluster.node(3).process().signal(SIGKILL);
  BOOST_TEST(cluster.sees(2, "n3", "dead"));
  BOOST_TEST(eventually([&] { return cluster.nodes_of("rows").size() == 3; }, 20s));
  end(requests);
  cluster.node(3).restart();
  BOOST_TEST(cluster.sees(2, "n3", "alive"));
  BOOST_TEST(spread_over({"n1", "n2", "n3"}));
}

BOOST_FIXTURE_TEST_CASE(a_frozen_node_fails_no_request_and_works_again_once_it_is_thawed, loaded_cluster) {
  auto requests = load();
  cluster.node(3).process().signal(SIGSTOP);
  BOOST_TEST(cluster.sees(2, "n3", "suspect", 3s));
  BOOST_TEST(cluster.sees(2, "n3", "dead"));
  cluster.node(3).process().signal(SIGCONT);
  BOOST_TEST(cluster.sees(2, "n3", "alive"));
  BOOST_TEST(spread_over({"n1", "n2", "n3"}));
  end(requests);
}

BOOST_FIXTURE_TEST_CASE(a_node_that_drains_ends_empty_and_then_stops_with_no_failed_request, loaded_cluster) {
  auto requests = load();
  auto drained = cluster.node(2).troupe({"drain", "n3"});
  BOOST_TEST(drained.code == 0, drained.err);
  BOOST_TEST(eventually(
      [&] {
        auto found = cluster.nodes_of("rows");
        return found.size() == 3 && std::count(found.begin(), found.end(), "n3") == 0;
      },
      30s));
  for (std::size_t asked = 1; asked <= 3; ++asked)
    BOOST_TEST(cluster.sees(asked, "n3", "draining"));
  BOOST_TEST(cluster.node(3).process().stop().value_or(-1) == 0);
  BOOST_TEST(cluster.sees(2, "n3", "left", 2s));
  end(requests);
}

BOOST_FIXTURE_TEST_CASE(a_node_that_is_stopped_says_so_and_fails_no_request, loaded_cluster) {
  auto requests = load();
  BOOST_TEST(cluster.node(3).process().stop().value_or(-1) == 0);
  BOOST_TEST(cluster.sees(2, "n3", "left", 2s));
  BOOST_TEST(eventually([&] { return cluster.nodes_of("rows").size() == 3; }, 20s));
  end(requests);
}

BOOST_FIXTURE_TEST_CASE(while_the_leader_is_away_the_others_serve_and_say_so, loaded_cluster) {
  auto requests = load();
  BOOST_TEST(cluster.node(1).process().stop().value_or(-1) == 0);
  BOOST_TEST(cluster.sees(2, "n1", "left", 2s));
  auto refused = cluster.node(2).troupe({"scale", "rows", "2"});
  BOOST_TEST(refused.code != 0);
  BOOST_TEST(contains(refused.err, "n1"), refused.err);
  BOOST_TEST(requests->answers(2000));
  cluster.node(1).restart();
  BOOST_TEST(cluster.sees(2, "n1", "alive"));
  BOOST_TEST(spread_over({"n1", "n2", "n3"}, 2));
  end(requests);
}

BOOST_FIXTURE_TEST_CASE(a_follower_that_starts_while_the_leader_is_away_serves_what_it_served, loaded_cluster) {
  cluster.node(1).process().signal(SIGKILL);
  cluster.node(3).process().signal(SIGKILL);
  cluster.node(3).process().wait(10s);
  cluster.node(3).restart();
  caller client(cluster.node(3).address());
  BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).error.empty(); }));
}

BOOST_FIXTURE_TEST_CASE(a_joining_node_gets_work, loaded_cluster) {
  auto requests = load();
  cluster.add();
  BOOST_TEST(cluster.sees(2, "n4", "alive"));
  auto scaled = cluster.node(2).troupe({"scale", "rows", "4"});
  BOOST_TEST(scaled.code == 0, scaled.err);
  BOOST_TEST(spread_over({"n1", "n2", "n3", "n4"}));
  end(requests);
}

BOOST_FIXTURE_TEST_CASE(a_removed_node_never_comes_back, loaded_cluster) {
  auto requests = load();
  auto removed = cluster.node(2).troupe({"remove", "n3", "--yes"});
  BOOST_TEST(removed.code == 0, removed.err);
  BOOST_TEST(cluster.sees(2, "n3", ""));
  BOOST_TEST(eventually([&] { return cluster.nodes_of("rows").size() == 3; }, 20s));
  end(requests);
  for (bool restarted : {false, true}) { // its rights end with the removal, not with its connections
    BOOST_TEST(eventually([&] { return contains(cluster.node(3).process().log(), "node_refused"); }),
               cluster.node(3).process().log());
    BOOST_TEST(eventually([&] {
      auto refused = cluster.node(3).troupe({"scale", "rows", "1"});
      return refused.code == 1 && contains(refused.err, "the cluster turns this node away");
    }));
    BOOST_TEST(contains(cluster.node(3).troupe({"nodes"}).out, "; if this node was removed, stop it; "));
    if (restarted)
      break;
    cluster.node(3).process().signal(SIGKILL);
    cluster.node(3).process().wait(10s);
    cluster.node(3).restart();
  }
  for (std::size_t asked : {1, 2})
    BOOST_TEST(cluster.state_of(asked, "n3") == "");
}

BOOST_FIXTURE_TEST_CASE(a_leader_stops_while_somebody_waits_for_what_can_not_come, loaded_cluster) {
  auto& n4 = cluster.add({"--label", "disk=ssd"});
  auto deployed =
      cluster.node(2).troupe({"deploy", "lone", model_folder_of("raise_on_magic"), "--replicas", "1", "--on", "disk=ssd"});
  BOOST_REQUIRE_MESSAGE(deployed.code == 0, deployed.err); // though nothing is known of the node yet
  BOOST_TEST(n4.process().stop().value_or(-1) == 0);
  BOOST_TEST(eventually([&] { return contains(cluster.node(2).troupe({"status", "lone"}).out, "lack disk=ssd"); }));
  client follower(cluster.node(2).address());
  auto call = follower.control().awaitReadyRequest();
  call.setName("lone");
  call.setTimeoutUs(std::chrono::microseconds(1h).count());
  auto waiting = call.send();
  follower.pause(100ms); // it is with the leader by then
  BOOST_TEST(cluster.node(1).process().stop().value_or(-1) == 0);
  BOOST_TEST(cluster.node(2).process().stop().value_or(-1) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_node_keeps_its_name_and_labels_unless_it_is_given_others, loaded_cluster) {
  auto& n4 = cluster.add({"--label", "disk=ssd"});
  auto told = [&] {
    auto all = nlohmann::json::parse(cluster.node(2).troupe({"nodes", "-o", "json"}).out);
    for (const auto& each : all["nodes"])
      if (each["name"] != "n1" && each["name"] != "n2" && each["name"] != "n3")
        return each["name"].get<std::string>() + " " + each["labels"].dump() + " " + each["state"].get<std::string>();
    return std::string();
  };
  BOOST_TEST(n4.process().stop().value_or(-1) == 0);
  for (const auto& [arguments, expected] :
       {std::pair(std::vector<std::string>{}, R"(n4 {"disk":"ssd"} alive)"),
        std::pair(std::vector<std::string>{"--name", "big", "--label", ""}, "big {} alive"),
        std::pair(std::vector<std::string>{"--name", "n1"}, "big {} alive"), // which is another's
        std::pair(std::vector<std::string>{}, "big {} alive")}) {
    node_process again({troupe_program(), n4.folder(), "127.0.0.1:0", arguments});
    BOOST_TEST(eventually([&, wanted = std::string(expected)] { return told() == wanted; }), told());
    BOOST_TEST(again.stop().value_or(-1) == 0);
  }
}
