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

const std::string canary = R"(
strategy = "canary"
[[canary.step]]
weight = 10
hold = "1s"
samples = 0
[[canary.step]]
weight = 50
hold = "1s"
samples = 0
)";
const std::string in_halves = R"(
strategy = "canary"
[[canary.step]]
weight = 50
hold = "60s"
)";
const std::string blue_green = R"(
strategy = "blue_green"
[blue_green]
hold = "1s"
)";
const std::string shadow = R"(
strategy = "shadow"
[shadow]
share = 100
hold = "1s"
samples = 5
[[check]]
kind = "finite_outputs"
)";
const std::string ab = R"(
strategy = "ab"
traffic.key = "request_id"
[ab]
hold = "1s"
samples = 5
)";
const std::string one_by_one = R"(
strategy = "rolling"
[rolling]
surge = 1
hold = "1s"
)";
const std::string in_pairs = R"(
strategy = "rolling"
[rolling]
surge = 2
hold = "1s"
)";
const std::string with_fuse = R"(
strategy = "canary"
fuse = 3
[[canary.step]]
weight = 50
hold = "60s"
)";

/// Version 1 of "a" is live, and version 2 takes its requests over.
struct rollout_story : story {
  explicit rollout_story(std::size_t nodes = 3, std::uint32_t replica_count = 3, std::uint64_t seed = 1)
    : story(nodes, seed), replicas(replica_count) {
    serve("a", replicas);
  }

  void begin(const std::string& rollout, sim_model model = sim_model::triples) {
    world.deploy("a", model, replicas, rollout);
    world.run_until("an answer", 15s, [&] { return world.answered_all(); });
    BOOST_TEST(world.last_answer() == "done");
  }
  /// Until so many moves of rollouts have been stored, of which the last hasn't gone round.
  void run_until_move(std::size_t moves) {
    for (int passed = 0; world.events("rollout_moved") < moves && passed < 20'000; ++passed) {
      if (passed % 10 == 0)
        world.request("a");
      world.run(1ms);
    }
    BOOST_TEST(world.events("rollout_moved") == moves);
  }
  void lose_leader(bool is_replaced) {
    world.kill(0);
    load("a", 2s);
    if (is_replaced)
      world.replace_leader(1);
    load("a", 2s);
    world.start(0);
  }
  void ask_at(std::size_t which) {
    auto& one = world.member(which);
    one.client.send(one.node().routes(), "a", 1, 1s);
    world.run(20ms);
  }
  /// A node that has just started refuses until it has a table.
  std::uint64_t refused_where_nothing_died() {
    std::uint64_t count = 0;
    for (const auto& each : world.members().all)
      count += each->life() == 1 ? each->client.refused() : 0;
    return count;
  }
  /// One request each ms: some come to a node while others have another table than it.
  void load_densely(std::chrono::milliseconds span) {
    for (auto left = span.count(); left > 0; --left) {
      world.request("a");
      world.run(1ms);
    }
  }
  version_state state_of_candidate() {
    return state_store(world.member(world.leader_number()).disk).versions("a").value().back().state;
  }
  version_state state_of(version_number number) {
    for (const auto& version : state_store(world.member(world.leader_number()).disk).versions("a").value())
      if (version.id.number == number)
        return version.state;
    BOOST_FAIL("no version " << number);
    return {};
  }

  std::uint32_t replicas;
};

/// When the leader dies in a rollout, and how that ends.
struct leader_death {
  const char* text;
  const std::string& rollout;
  std::optional<rollout_command> command; ///< that a person gives after the move before
  std::size_t moves;                      ///< that were stored
  version_state ends_as;
};

const leader_death leader_deaths[] = {
    {"the first stage of a canary begins", canary, {}, 1, version_state::live},
    {"the second stage of a canary begins", canary, {}, 2, version_state::live},
    {"a canary is at its end", canary, {}, 3, version_state::live},
    {"a canary is promoted", canary, rollout_command::promote, 2, version_state::live},
    {"a canary is aborted", canary, rollout_command::abort, 2, version_state::rolled_back},
    {"the stage of a blue-green rollout begins", blue_green, {}, 1, version_state::live},
    {"a blue-green rollout is at its end", blue_green, {}, 2, version_state::live},
    {"a blue-green rollout is promoted", blue_green, rollout_command::promote, 2, version_state::live},
    {"a blue-green rollout is aborted", blue_green, rollout_command::abort, 2, version_state::rolled_back},
    {"a shadow begins", shadow, {}, 1, version_state::live},
    {"a shadow is at its end", shadow, {}, 2, version_state::live},
    {"a shadow is promoted", shadow, rollout_command::promote, 2, version_state::live},
    {"a shadow is aborted", shadow, rollout_command::abort, 2, version_state::rolled_back},
    {"an A/B test begins", ab, {}, 1, version_state::rolled_back}, // both are as good
    {"an A/B test is at its end", ab, {}, 2, version_state::rolled_back},
    {"an A/B test is promoted", ab, rollout_command::promote, 2, version_state::live},
    {"an A/B test is aborted", ab, rollout_command::abort, 2, version_state::rolled_back},
    {"two replicas of a rolling rollout are replaced", in_pairs, {}, 1, version_state::live},
    {"the last replica of a rolling rollout is replaced", in_pairs, {}, 2, version_state::live},
    {"a rolling rollout is promoted", in_pairs, rollout_command::promote, 2, version_state::live},
    {"a rolling rollout is aborted", in_pairs, rollout_command::abort, 2, version_state::rolled_back},
};

/// Requests that a batch or a way may hold at the moment at which a fuse blows.
constexpr std::size_t in_flight_max = 6;
/// Requests to a node that has died, until it is suspected: at most one in three of those of a second.
constexpr std::size_t unnoticed_max = 34;

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

// -- rollouts ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rollout_goes_on_and_ends_though_the_leader_dies_at_any_of_its_moves) {
  for (const auto& each : leader_deaths)
    for (bool is_replaced : {false, true})
      BOOST_TEST_CONTEXT(each.text << (is_replaced ? "; another node leads" : "; it comes back")) {
        rollout_story told(3, 4); // in pairs, so that each version has a place elsewhere at any move
        told.begin(each.rollout);
        if (each.command) {
          told.run_until_move(each.moves - 1);
          told.world.steer("a", *each.command);
        }
        told.run_until_move(each.moves);
        told.lose_leader(is_replaced);
        told.load("a", 6s);
        told.world.settle();
        BOOST_TEST((told.state_of_candidate() == each.ends_as));
        BOOST_TEST(told.refused_where_nothing_died() == 0U);
      }
}

/// Of what was under way to it some is refused: the candidate has no other place then.
BOOST_AUTO_TEST_CASE(a_rollout_replica_by_replica_ends_though_the_candidates_only_one_dies_and_the_live_version_answers_for_it) {
  for (std::size_t moves : {1, 2, 3}) {
    rollout_story told;
    told.begin(one_by_one);
    told.run_until_move(moves);
    told.lose_leader(false);
    told.load("a", 6s);
    told.world.settle();
    BOOST_TEST((told.state_of_candidate() == version_state::live));
    BOOST_TEST(told.refused_where_nothing_died() <= unnoticed_max);
  }
}

BOOST_AUTO_TEST_CASE(a_rollout_that_is_paused_stays_so_whoever_leads_and_goes_on_once_it_is_resumed) {
  for (bool is_replaced : {false, true}) {
    rollout_story told;
    told.begin(canary);
    told.run_until_move(1);
    told.world.steer("a", rollout_command::pause);
    told.run_until_move(2);
    told.lose_leader(is_replaced);
    told.load("a", 12s); // whoever had no answer to the pause waits so long before the next command
    BOOST_TEST((told.state_of_candidate() == version_state::rolling_out));
    told.world.steer("a", rollout_command::resume);
    told.load("a", 6s);
    told.world.settle();
    BOOST_TEST((told.state_of_candidate() == version_state::live));
    BOOST_TEST(told.refused_where_nothing_died() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(another_version_that_wins_an_ab_test_goes_live_though_the_leader_dies_as_it_is_decided) {
  for (bool is_replaced : {false, true}) {
    rollout_story told;
    told.begin(in_halves);
    told.run_until_move(1);
    told.world.steer("a", rollout_command::abort);
    told.world.settle();
    told.begin("strategy = \"ab\"\ntraffic.key = \"request_id\"\n[ab]\nothers = [2]\nhold = \"4s\"\nsamples = 1000000\n");
    told.run_until_move(3);
    told.load("a", 500ms);                // until all nodes have heard of it
    for (auto which : told.world.awake()) // what clients tell, beside the rewards of the story's own
      for (std::uint64_t i = 0; i < 2000; ++i) {
        auto split = told.world.member(which).node().routes().read()->at("a").candidate;
        BOOST_REQUIRE(split.has_value());
        for (split_arm arm : {incumbent_arm, candidate_arm, first_other_arm})
          split->watch->reward(arm, (1ULL << 40) + 3 * i + arm, arm == first_other_arm ? 1 : 0);
      }
    told.run_until_move(4);
    told.lose_leader(is_replaced);
    told.load("a", 6s);
    told.world.settle();
    BOOST_TEST((told.state_of(2) == version_state::live));
    BOOST_TEST((told.state_of(3) == version_state::rolled_back));
    BOOST_TEST(told.refused_where_nothing_died() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_switch_costs_no_request_however_many_come) {
  for (auto command : {rollout_command::promote, rollout_command::abort})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      rollout_story told(5, 2, seed);
      told.begin(in_halves);
      told.run_until_move(1);
      told.load_densely(20ms);
      told.world.steer("a", command);
      told.load_densely(300ms);
      told.world.settle();
      BOOST_TEST(told.world.refused() == 0U, "seed " << seed);
    }
}

BOOST_AUTO_TEST_CASE(an_assignment_that_comes_late_or_twice_takes_no_split_back) {
  std::string by_many_steps = "strategy = \"canary\"\n";
  for (auto weight : {10, 20, 40, 60, 80})
    by_many_steps += "[[canary.step]]\nweight = " + std::to_string(weight) + "\nhold = \"1s\"\nsamples = 0\n";
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    rollout_story told(3, 3, seed);
    told.begin(by_many_steps);
    told.world.disturb_wire({0, 1, 0.3, 3000ms});
    told.load("a", 15s);
    told.world.mend();
    told.world.settle();
    BOOST_TEST((told.state_of_candidate() == version_state::live));
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_aborted_gets_no_request_any_more_once_that_was_answered_and_has_gone_round, rollout_story) {
  begin(canary);
  run_until_move(1);
  world.steer("a", rollout_command::abort);
  world.run_until("an answer", 1s, [&] { return world.answered_all(); });
  BOOST_TEST(world.last_answer() == "done");
  world.run(50ms);
  for (auto which : world.awake()) {
    auto table = world.member(which).node().routes().read();
    const auto& candidate = table->at("a").candidate;
    BOOST_TEST((!candidate || candidate->split->rule().weight == 0U));
  }
  load("a", 2s);
  world.settle();
  BOOST_TEST(world.refused() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_fails_each_request_costs_as_many_at_each_node_as_its_fuse_bears, rollout_story) {
  begin(with_fuse, sim_model::failing);
  load("a", 5s);
  world.settle();
  BOOST_TEST((state_of_candidate() == version_state::rolled_back));
  BOOST_TEST(world.refused() >= 3U);
  BOOST_TEST(world.refused() <= 3U * world.size() + in_flight_max);
}

BOOST_FIXTURE_TEST_CASE(a_fuse_that_blew_in_the_rollout_before_and_is_told_of_still_does_not_end_the_next_one, rollout_story) {
  for (std::size_t follower : {1, 2})
    world.drain(follower); // the leader alone runs what the next rollout needs
  world.settle();
  begin(with_fuse, sim_model::failing);
  run_until_move(1);
  world.run(100ms);
  for (int asked = 0; asked < 10; ++asked)
    ask_at(2);
  BOOST_TEST(world.member(2).client.refused() == 3U);
  world.split({0}, true); // so that nobody hears that it is over. Of so many it takes none for dead
  run_until_move(2);
  for (std::size_t follower : {1, 2})
    world.freeze(follower);
  begin(canary);
  load("a", 10s);
  BOOST_TEST((state_of_candidate() == version_state::live));
  world.heal_and_settle();
}

// -- what goes wrong --------------------------------------------------------------------------------------------------------------

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
