#define BOOST_TEST_MODULE suspicion
#include "cluster/suspicion.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using state = member_state;

member_news news(const node_id& id, std::uint64_t incarnation = 1, state at = state::alive) {
  member_news made;
  made.id = id;
  made.incarnation = incarnation;
  made.state = at;
  return made;
}

/// One node, and what it does while those in `answering` answer its probes at once and nobody else does. Whoever is asked for help says no.
struct lone_node {
  explicit lone_node(suspicion_options options = {}) : machine(news("me"), options, rng(1), now) {}

  void knows(std::initializer_list<const char*> ids) {
    for (const auto* id : ids) {
      machine.admit(news(id), now);
      answering.insert(id);
    }
    carry_out();
  }

  void carry_out() {
    auto plan = machine.take();
    for (const auto& order : plan.probes) {
      probed.insert(order.to);
      last_probe[order.to] = order.message;
      if (answering.count(order.to) != 0)
        machine.on_answer(order.sequence, {{machine.find(order.to)->news}, machine.digest()}, now);
    }
    for (const auto& order : plan.asks)
      machine.on_help_answer(order.sequence, order.helper,
                             answering.count(order.helper) != 0 ? help_outcome::not_reached : help_outcome::not_tried, now);
    changes.insert(changes.end(), plan.changes.begin(), plan.changes.end());
    exchanges.insert(exchanges.end(), plan.exchanges.begin(), plan.exchanges.end());
    replies.insert(replies.end(), plan.replies.begin(), plan.replies.end());
    if (!plan.asks.empty())
      carry_out();
  }

  void run_for(std::chrono::nanoseconds duration) {
    auto end = now + duration;
    while (machine.wakes_at() <= end) {
      now = std::max(now, machine.wakes_at());
      machine.tick(now);
      carry_out();
    }
    now = end;
  }

  void hear(const node_id& from, const member_news& told) {
    machine.on_probe(from, {{news(from), told}, 0}, now);
    carry_out();
  }
  state of(const node_id& id) const { return machine.find(id)->news.state; }

  steady_time now{1h};
  suspicion machine;
  std::set<node_id> answering, probed;
  std::map<node_id, probe_message> last_probe;
  std::vector<member_change> changes;
  std::vector<node_id> exchanges;
  std::vector<help_reply> replies;
};

suspicion_options watching_nobody() {
  suspicion_options options;
  options.rings = 0;
  return options;
}

} // namespace

// -- what is refused ------------------------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_SUITE(suspicion_suite, lone_node)

BOOST_AUTO_TEST_CASE(a_removed_member_is_not_admitted_again_nor_believed_nor_probed) {
  knows({"a", "b"});
  machine.remove("a", now);
  BOOST_TEST(!machine.admit(news("a", 99), now));
  hear("a", news("b", 1, state::dead));
  hear("b", news("a", 99));
  BOOST_TEST((of("a") == state::removed));
  BOOST_TEST((of("b") == state::alive));
  run_for(20s);
  BOOST_TEST(probed.count("a") == 0U);
}

BOOST_AUTO_TEST_CASE(the_id_of_a_member_that_nobody_knew_can_be_removed_too) {
  machine.remove("x", now);
  BOOST_TEST(!machine.admit(news("x", 5), now));
}

BOOST_AUTO_TEST_CASE(answers_to_probes_that_were_never_sent_are_not_believed) {
  knows({"a"});
  machine.on_answer(77, {{news("a", 9, state::left)}, 0}, now);
  machine.on_failed(77, now);
  machine.on_help_answer(77, "a", help_outcome::not_reached, now);
  BOOST_TEST((of("a") == state::alive));
}

BOOST_AUTO_TEST_CASE(help_to_reach_a_stranger_or_a_removed_member_is_not_tried) {
  knows({"a"});
  machine.remove("r", now);
  machine.on_help_asked("a", 1, "stranger", now);
  machine.on_help_asked("a", 2, "r", now);
  carry_out();
  BOOST_REQUIRE(replies.size() == 2U);
  for (const auto& reply : replies)
    BOOST_TEST((reply.outcome == help_outcome::not_tried));
}

// -- what is said of oneself ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_node_contradicts_what_is_wrong_about_it_with_a_higher_incarnation) {
  struct {
    std::uint64_t told;
    state told_state;
    std::uint64_t then;
  } const rows[] = {
      {1, state::alive, 1}, {0, state::dead, 1},  {1, state::suspect, 2}, {1, state::dead, 2},
      {1, state::left, 2},  {7, state::alive, 8}, {7, state::suspect, 8},
  };
  for (const auto& row : rows) {
    lone_node node;
    node.knows({"a"});
    node.hear("a", news("me", row.told, row.told_state));
    BOOST_TEST(node.machine.self().news.incarnation == row.then);
    BOOST_TEST((node.machine.self().news.state == state::alive));
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_was_suspected_doubts_itself) {
  knows({"a"});
  hear("a", news("me", 1, state::suspect));
  BOOST_TEST(machine.doubt() == 1U);
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_tells_those_it_watches_and_contradicts_nothing) {
  knows({"a", "b"});
  run_for(1s);
  machine.leave(now);
  carry_out();
  BOOST_TEST((last_probe["a"].news.at(0).state == state::left));
  hear("a", news("me", 1, state::dead));
  BOOST_TEST((machine.self().news.state == state::left));
  probed.clear();
  run_for(2s);
  BOOST_TEST(probed.empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_just_as_its_drain_ends_has_left) {
  knows({"a"});
  machine.set_draining("me", true, now);
  auto undone = machine.self().news; // what the leader tells of it, and it hasn't heard
  undone.draining = false;
  ++undone.incarnation;
  machine.leave(now);
  BOOST_TEST(supersedes(machine.self().news, undone));
  hear("a", undone);
  BOOST_TEST((machine.self().news.state == state::left));
}

BOOST_AUTO_TEST_CASE(a_node_that_hears_that_it_was_removed_says_so_and_probes_nobody_any_more) {
  knows({"a", "b"});
  changes.clear();
  hear("a", news("me", 0, state::removed));
  BOOST_REQUIRE(changes.size() == 1U);
  BOOST_TEST((changes[0].id == "me" && changes[0].to == state::removed));
  run_for(500ms);
  probed.clear();
  run_for(2s);
  BOOST_TEST(probed.empty());
}

BOOST_AUTO_TEST_CASE(draining_is_news_and_load_rides_along) {
  knows({"a"});
  machine.set_draining("me", true, now);
  machine.set_own_load({0, 0.25, 8, 1, 2, 3});
  run_for(1s);
  const auto& told = last_probe["a"].news.at(0);
  BOOST_TEST(told.draining);
  BOOST_TEST(told.incarnation == 2U);
  BOOST_TEST(told.load.revision == 1U);
  BOOST_TEST(told.load.cpu_busy == 0.25);
  machine.set_draining("me", true, now);
  BOOST_TEST(machine.self().news.incarnation == 2U);
}

// -- verdicts -------------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_node_that_hears_that_it_drains_takes_it_over_and_tells_it) {
  lone_node one;
  one.knows({"leader"});
  auto told = news("me", one.machine.self().news.incarnation + 1);
  told.draining = true;
  one.hear("leader", told);
  BOOST_TEST(one.machine.self().news.draining);
  BOOST_TEST(one.machine.self().news.incarnation == told.incarnation + 1);
  auto stale = news("me", told.incarnation - 1, state::suspect); // an accusation from before says nothing of it
  one.hear("leader", stale);
  BOOST_TEST(one.machine.self().news.draining);
}

BOOST_AUTO_TEST_CASE(of_a_member_that_is_not_alive_nobody_says_that_it_drains) {
  lone_node one;
  one.knows({"other"});
  one.hear("third", news("other", 1, state::suspect));
  one.machine.set_draining("other", true, one.now);
  BOOST_TEST(!one.machine.find("other")->news.draining);
  one.machine.set_draining("stranger", true, one.now);
  BOOST_TEST((one.machine.find("stranger") == nullptr));
}

BOOST_AUTO_TEST_CASE(a_member_that_is_silent_is_suspected_then_dead_then_probed_rarely) {
  knows({"a", "b", "c"});
  run_for(1s);
  changes.clear();
  answering.erase("a");
  run_for(1s);
  BOOST_TEST((of("a") == state::suspect));
  BOOST_TEST((last_probe["a"].news.at(1).id == "a" && last_probe["a"].news.at(1).state == state::suspect));
  run_for(2s);
  BOOST_TEST((of("a") == state::dead));
  BOOST_TEST(changes.size() == 2U);
  probed.clear();
  run_for(5s);
  BOOST_TEST(probed.count("a") == 1U);
}

BOOST_AUTO_TEST_CASE(a_member_back_from_the_dead_is_told_everything) {
  knows({"a", "b", "c"});
  run_for(1s);
  answering.erase("a");
  run_for(4s);
  exchanges.clear();
  machine.on_probe("a", {{news("a", 2)}, 0}, now);
  carry_out();
  BOOST_TEST((of("a") == state::alive));
  BOOST_TEST(exchanges == std::vector<node_id>{"a"});
}

BOOST_AUTO_TEST_CASE(a_suspicion_by_hearsay_alone_kills_nobody) {
  knows({"a", "b", "c"});
  run_for(1s);
  hear("b", news("a", 1, state::suspect));
  BOOST_TEST((of("a") == state::suspect));
  run_for(30s);
  BOOST_TEST((of("a") == state::suspect));
}

BOOST_AUTO_TEST_CASE(a_death_by_hearsay_of_a_member_that_is_well_waits_for_its_objection) {
  knows({"a", "b"});
  hear("b", news("a", 1, state::dead));
  BOOST_TEST((of("a") == state::alive));
  BOOST_TEST((last_probe["a"].news.at(1).state == state::dead));
  run_for(900ms);
  BOOST_TEST((of("a") == state::alive));
  run_for(200ms);
  BOOST_TEST((of("a") == state::dead));
}

BOOST_AUTO_TEST_CASE(an_objection_in_time_saves_it) {
  knows({"a", "b"});
  hear("b", news("a", 1, state::dead));
  hear("b", news("a", 2));
  run_for(5s);
  BOOST_TEST((of("a") == state::alive));
}

BOOST_AUTO_TEST_CASE(a_death_by_hearsay_of_a_suspect_is_believed_at_once) {
  knows({"a", "b"});
  hear("b", news("a", 1, state::suspect));
  hear("b", news("a", 1, state::dead));
  BOOST_TEST((of("a") == state::dead));
}

BOOST_AUTO_TEST_CASE(after_a_long_gap_old_failures_count_for_nothing) {
  knows({"a", "b", "c"});
  run_for(1s);
  answering.clear();
  run_for(600ms);
  now += 5s;
  answering = {"a", "b", "c"};
  machine.tick(now);
  carry_out();
  BOOST_TEST(machine.doubt() >= 1U);
  run_for(10s);
  for (const char* id : {"a", "b", "c"})
    BOOST_TEST((of(id) == state::alive));
}

BOOST_AUTO_TEST_CASE(a_neighbour_that_knows_other_things_for_long_is_told_everything_and_one_that_agrees_is_not) {
  knows({"a"});
  machine.on_probe("a", {{news("a")}, machine.digest()}, now);
  for (int i = 0; i < 60; ++i) {
    machine.on_probe("a", {{news("a")}, 12345}, now);
    now += 100ms;
    machine.tick(now);
    auto plan = machine.take();
    exchanges.insert(exchanges.end(), plan.exchanges.begin(), plan.exchanges.end());
  }
  BOOST_TEST(exchanges == std::vector<node_id>{"a"});
}

BOOST_AUTO_TEST_CASE(a_newcomer_does_not_tell_others_what_they_told_it) {
  std::vector<member_news> all;
  for (char c = 'a'; c <= 'z'; ++c)
    all.push_back(news(std::string(1, c)));
  machine.merge(all, now);
  BOOST_TEST(machine.on_probe("a", {{news("a")}, 0}, now).news.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

// -- properties -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(two_nodes_that_exchanged_everything_agree_once_the_time_for_objections_is_over) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    rng random(seed);
    steady_time now{1h};
    suspicion one(news("x"), watching_nobody(), rng(seed), now), other(news("y"), watching_nobody(), rng(seed), now);
    auto meet = [&] {
      one.merge(other.everything(), now);
      other.merge(one.everything(), now);
    };
    meet();
    for (int i = 0; i < 20; ++i) {
      auto told = news(std::string(1, "abcdxy"[random.below(6)]), random.below(4), static_cast<state>(random.below(4)));
      auto& whom = random.chance(0.5) ? one : other;
      whom.on_probe("a", {{told}, 0}, now);
      if (random.chance(0.1))
        whom.remove(std::string(1, "abcd"[random.below(4)]), now);
      now += std::chrono::milliseconds(random.below(200));
    }
    for (int round = 0; round < 4; ++round) {
      meet();
      for (int i = 0; i < 11; ++i) {
        now += 100ms;
        one.tick(now);
        other.tick(now);
      }
    }
    BOOST_REQUIRE_MESSAGE(one.digest() == other.digest(), "seed " << seed);
  }
}
