#define BOOST_TEST_MODULE node_stories
#include "tests/sim/sim_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A calm world; the stories say what goes wrong in it.
struct story {
  static sim_artifacts& artifacts() {
    static sim_artifacts made;
    return made;
  }

  explicit story(std::uint64_t seed = 1) : world(artifacts(), seed) {
    world.run(50ms); // until it is up
  }
  ~story() {
    for (const auto& each : world.complaints())
      BOOST_ERROR(each);
  }

  void expect_answer(const std::string& wanted) {
    world.run_until("an answer", 15s, [&] { return world.answered_all(); });
    BOOST_TEST(world.last_answer().substr(0, wanted.size()) == wanted);
  }
  void serve(const std::string& name, std::uint32_t replicas) {
    world.deploy(name, sim_model::doubles, replicas);
    expect_answer("done");
    wait_serving(name, replicas);
  }
  void wait_serving(const std::string& name, std::uint32_t replicas) {
    world.run_until("its replicas", 10s, [&] { return world.serving(name) == replicas; });
  }
  /// One request each 2 ms.
  void load(const std::string& name, std::chrono::milliseconds span) {
    for (auto left = span; left > 0ms; left -= 2ms) {
      world.request(name, 1 + static_cast<float>(world.chance().below(100)));
      world.run(2ms);
    }
  }

  sim_world world;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_lost_template_is_made_again_and_no_request_notices, story) {
  serve("a", 2);
  load("a", 50ms);
  BOOST_REQUIRE(world.hosts().kill_template());
  load("a", 500ms);
  world.heal_and_check();
  BOOST_TEST(world.events("template_lost") == 1);
  BOOST_TEST(world.events("version_loaded") == 2);
  BOOST_TEST(world.client().refused() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_killed_replica_costs_no_request, story) {
  serve("a", 2);
  for (int i = 0; i < 5; ++i) {
    load("a", 50ms);
    BOOST_REQUIRE(world.hosts().kill_replica());
    load("a", 50ms);
  }
  world.heal_and_check();
  BOOST_TEST(world.events("replica_crashed") == 5);
  BOOST_TEST(world.client().refused() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_poisonous_request_is_quarantined_and_hurts_no_other, story) {
  serve("a", 2);
  load("a", 20ms);
  world.request("a", fake_hosts::poison);
  load("a", 200ms);
  BOOST_TEST(world.client().refused_as(error_code::poisoned) == 1);
  BOOST_TEST(world.events("replica_crashed") == 2);
  world.request("a", fake_hosts::poison);
  world.run(100ms);
  BOOST_TEST(world.client().refused_as(error_code::poisoned) == 2);
  BOOST_TEST(world.events("replica_crashed") == 2);
  BOOST_TEST(world.client().refused() == 2);
  world.heal_and_check();
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_refuses_writes_stops_commands_but_not_what_serves, story) {
  serve("a", 2);
  world.disk().set_failure_chance(1);
  world.scale("a", 3);
  expect_answer("io_failed");
  world.deploy("b", sim_model::doubles, 1);
  expect_answer("io_failed");
  world.undeploy("a");
  expect_answer("io_failed");
  load("a", 200ms);
  BOOST_TEST(world.client().refused() == 0);
  BOOST_TEST(world.serving("a") == 2);
  world.heal_and_check(); // starts the node again: the scale was done or not, all else is as it was
  serve("b", 1);
}

BOOST_FIXTURE_TEST_CASE(what_was_answered_survives_the_power_and_serves_again, story) {
  serve("a", 2);
  world.scale("a", 3);
  expect_answer("done");
  world.crash_and_restart();
  world.run(50ms);
  wait_serving("a", 3);
  load("a", 100ms);
  BOOST_TEST(world.client().refused() == 0);
  world.heal_and_check();
}

BOOST_AUTO_TEST_CASE(the_power_may_go_at_any_moment_of_a_deploy) {
  for (auto moment = 0us; moment < 150ms; moment += 1500us) {
    story told(static_cast<std::uint64_t>(moment.count()) + 1);
    told.world.laziness = 0.3;
    told.serve("a", 1);
    told.world.deploy("a", sim_model::triples, 2);
    told.world.run(moment);
    told.world.crash_and_restart();
    told.world.heal_and_check();
  }
}

BOOST_AUTO_TEST_CASE(the_power_may_go_right_after_each_move_of_a_version_is_on_disk) {
  // validating, preparing, starting, verifying, rolling_out, live
  for (std::size_t moves = 1; moves <= 6; ++moves) {
    story told(moves);
    told.serve("a", 1);
    auto seen = [&] {
      return told.world.events("version_deployed") + told.world.events("version_moved") + told.world.events("version_live");
    };
    auto before = seen();
    told.world.deploy("a", sim_model::triples, 2);
    for (int steps = 0; seen() < before + moves && steps < 10'000; ++steps)
      told.world.run(50us);
    BOOST_TEST(seen() >= before + moves);
    told.world.crash_and_restart();
    told.world.heal_and_check(); // it went on to where nothing is left to do
    BOOST_TEST(told.world.look().at(0).record.current_version == 2U);
  }
}

BOOST_AUTO_TEST_CASE(the_power_may_go_at_any_moment_of_a_rollback) {
  for (auto moment = 0us; moment < 60ms; moment += 500us) {
    story told(static_cast<std::uint64_t>(moment.count()) + 1);
    told.world.laziness = 0.3;
    for (version_number version : {1, 2}) {
      told.serve("a", 1);
      told.world.run_until("the version is live", 10s, [&] { return told.world.look().at(0).record.current_version == version; });
    }
    bool resident = moment < 30ms; // else it has to be started first
    if (!resident)
      told.world.run(700s);
    told.world.rollback("a");
    told.world.run(moment % 30ms);
    told.world.crash_and_restart();
    told.world.heal_and_check();
  }
}

BOOST_FIXTURE_TEST_CASE(a_rollback_to_a_resident_version_fails_no_request_and_forks_no_host, story) {
  serve("a", 2);
  world.deploy("a", sim_model::triples, 2);
  expect_answer("done");
  load("a", 500ms);
  auto loaded = world.events("version_loaded");
  world.rollback("a");
  load("a", 200ms);
  expect_answer("done");
  BOOST_TEST(world.events("version_rolled_back") == 1);
  BOOST_TEST(world.events("version_loaded") == loaded);
  BOOST_TEST(world.client().refused() == 0);
  world.heal_and_check();
}

BOOST_FIXTURE_TEST_CASE(a_version_that_cannot_load_leaves_the_old_one_at_work, story) {
  serve("a", 2);
  world.deploy("a", sim_model::broken, 2);
  expect_answer("done");
  load("a", 500ms);
  BOOST_TEST(world.events("version_failed") == 1);
  BOOST_TEST(world.client().refused() == 0);
  world.heal_and_check();
}

BOOST_FIXTURE_TEST_CASE(a_live_version_is_not_given_up_when_its_forks_fail_after_a_restart, story) {
  serve("a", 2);
  world.hosts().faults.fork_fails = 1;
  world.crash_and_restart();
  world.run(30s);
  BOOST_TEST(world.events("version_failed") == 0);
  world.hosts().faults.fork_fails = 0;
  wait_serving("a", 2);
  world.heal_and_check();
}

BOOST_FIXTURE_TEST_CASE(a_name_can_be_deployed_again_as_soon_as_it_is_removed, story) {
  serve("a", 3);
  for (int i = 0; i < 5; ++i) {
    load("a", 20ms);
    world.undeploy("a");
    expect_answer("done");
    world.deploy("a", sim_model::triples, 3);
    expect_answer("done");
    wait_serving("a", 3);
  }
  world.heal_and_check();
}

BOOST_FIXTURE_TEST_CASE(a_new_version_takes_over_under_load_without_a_refusal, story) {
  serve("a", 2);
  load("a", 50ms);
  world.deploy("a", sim_model::triples, 2);
  load("a", 500ms);
  world.heal_and_check();
  BOOST_TEST(world.client().refused() == 0);
  BOOST_TEST(world.events("version_live") == 2);
}

BOOST_FIXTURE_TEST_CASE(a_deployment_scaled_to_nothing_has_no_process_and_comes_back, story) {
  serve("a", 2);
  world.scale("a", 0);
  expect_answer("done");
  world.request("a");
  BOOST_TEST(world.client().refused_as(error_code::failed_precondition) == 1);
  world.run(200ms);
  BOOST_TEST(world.hosts().alive() == 0U);
  world.scale("a", 2);
  expect_answer("done");
  wait_serving("a", 2);
  world.heal_and_check();
}

BOOST_FIXTURE_TEST_CASE(hosts_that_lie_or_hang_are_replaced, story) {
  serve("a", 2);
  world.hosts().faults.batch_lies = 0.1;
  world.hosts().faults.batch_hangs = 0.1;
  load("a", 2000ms);
  world.heal_and_check();
  BOOST_TEST(world.events("replica_crashed") > 0);
}
