#define BOOST_TEST_MODULE cluster_stories
#include "tests/sim/cluster_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A calm cluster; the stories say what goes wrong in it.
struct story {
  static sim_artifacts& artifacts() {
    static sim_artifacts made;
    return made;
  }

  explicit story(std::size_t nodes = 3, std::uint64_t seed = 1) : world(artifacts(), seed) {
    for (std::size_t i = 1; i < nodes; ++i)
      world.join();
    world.settle();
  }
  ~story() {
    for (const auto& each : world.complaints())
      BOOST_ERROR(each);
  }

  void serve(const std::string& name, std::uint32_t replicas) {
    world.deploy(name, sim_model::doubles, replicas);
    world.run_until("an answer", 15s, [&] { return world.answered_all(); });
    BOOST_TEST(world.last_answer() == "done");
    world.settle();
  }
  /// One request each 10 ms.
  void load(const std::string& name, std::chrono::milliseconds span) {
    for (auto left = span; left > 0ms; left -= 10ms) {
      world.request(name, 1 + static_cast<float>(world.chance().below(100)));
      world.run(10ms);
    }
  }

  cluster_world world;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_deployed_serves_at_each_node, story) {
  serve("a", 3);
  load("a", 500ms);
  BOOST_TEST(world.refused() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_node_that_joins_gets_its_share_and_no_request_notices, story) {
  serve("a", 6);
  auto fourth = world.join();
  load("a", 5s);
  world.settle();
  BOOST_TEST(world.member(fourth).node().routes().pools().size() == 1U);
  BOOST_TEST(world.refused() == world.member(fourth).client.refused()); // which knows no deployment at first
}

BOOST_FIXTURE_TEST_CASE(a_node_that_drains_gives_its_work_away_and_no_request_notices, story) {
  serve("a", 6);
  world.drain(2);
  load("a", 5s);
  world.settle();
  BOOST_TEST(world.member(2).node().routes().pools().empty());
  world.remove(2);
  load("a", 5s);
  world.settle();
  BOOST_TEST(world.refused() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_version_that_takes_over_by_stages_costs_no_request, story) {
  serve("a", 3);
  world.deploy("a", sim_model::triples, 3, "strategy = \"canary\"\n[[canary.step]]\nweight = 20\nhold = \"2s\"\nsamples = 10\n");
  load("a", 8s);
  world.settle();
  BOOST_TEST(world.refused() == 0U);
  BOOST_TEST(world.events("version_live") == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_dies_in_the_middle_of_a_rollout_ends_it_when_it_is_back, story) {
  serve("a", 3);
  world.deploy("a", sim_model::triples, 3, "strategy = \"canary\"\n[[canary.step]]\nweight = 20\nhold = \"5s\"\nsamples = 0\n");
  load("a", 3s);
  world.kill(0);
  load("a", 3s);
  world.start(0);
  load("a", 15s);
  world.settle();
  BOOST_TEST(world.events("version_live") == 2U);
}

BOOST_AUTO_TEST_CASE(a_lost_node_costs_no_request_at_the_others) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    story told(3, seed);
    told.serve("a", 3);
    told.load("a", 200ms);
    told.world.kill(2);
    told.load("a", 8s);
    BOOST_TEST(told.world.refused() == 0U);
    told.world.settle();
    told.world.start(2);
    told.world.settle();
  }
}

BOOST_AUTO_TEST_CASE(a_frozen_node_costs_no_request_at_the_others) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    story told(3, seed);
    told.serve("a", 3);
    told.load("a", 200ms);
    told.world.freeze(2);
    told.load("a", 8s);
    told.world.thaw(2);
    told.load("a", 2s);
    told.world.settle();
    for (std::size_t other : {0, 1})
      BOOST_TEST(told.world.member(other).client.refused() == 0U);
  }
}

BOOST_FIXTURE_TEST_CASE(what_runs_goes_on_while_the_leader_is_away, story) {
  serve("a", 3);
  world.kill(0);
  load("a", 10s);
  BOOST_TEST(world.refused() == 0U);
  auto forked = world.events("version_loaded");
  world.start(0);
  load("a", 5s);
  world.settle();
  BOOST_TEST(world.events("version_loaded") == forked + 1); // the leader's own
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_was_replaced_follows_once_it_is_back, story) {
  serve("a", 3);
  world.kill(0);
  world.run(5s);
  world.replace_leader(1);
  world.run(5s);
  world.settle();
  world.scale("a", 5);
  world.run(1s);
  BOOST_TEST(world.last_answer() == "done");
  world.start(0);
  world.settle();
  BOOST_TEST(!world.member(0).node().leads());
}

BOOST_FIXTURE_TEST_CASE(a_split_cluster_heals_by_itself, story) {
  serve("a", 3);
  world.split({2});
  world.run(10s);
  world.heal_and_settle();
  world.split({1, 2});
  world.run(10s);
  world.heal_and_settle();
}

BOOST_FIXTURE_TEST_CASE(a_node_that_hears_but_is_not_heard_is_taken_for_lost_and_comes_back, story) {
  serve("a", 3);
  world.split({2}, true);
  world.run(10s);
  world.heal_and_settle();
}
