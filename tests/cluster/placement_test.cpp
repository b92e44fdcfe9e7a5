#define BOOST_TEST_MODULE placement
#include "tests/cluster/placement_cases.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

// -- what finds no place --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(nothing_wanted_is_an_empty_plan) {
  auto plan = plan_placement({}, {}, {});
  BOOST_TEST(plan.target.empty());
  BOOST_TEST(plan.moves.empty());
  BOOST_TEST(plan.shortfalls.empty());
  BOOST_TEST(!plan.more);
}

BOOST_AUTO_TEST_CASE(without_nodes_the_advice_is_to_add_one) {
  const std::string want = "a@1 needs 1 GiB on a node for each of 2 more replicas; there is no node; add a node";
  for (const auto& nodes : {std::vector<placement_node>{}, {a_node("n1", 16, {}, placement_use::gone)}}) {
    auto plan = plan_placement(nodes, {a_demand("a", 2, 1)}, {});
    BOOST_TEST(plan.target.empty());
    BOOST_TEST(plan.shortfalls.at(0).missing == 2U);
    BOOST_TEST(advice(plan) == want);
  }
}

BOOST_AUTO_TEST_CASE(the_advice_says_what_each_node_lacks) {
  auto n1 = a_node("n1", 4, {{"zone", "a"}});
  n1.memory_others_bytes = 3 * gib;
  auto n2 = a_node("n2", 4, {{"zone", "a"}});
  n2.memory_others_bytes = 4 * gib - gib * 11 / 10;
  auto plan = plan_placement({n1, n2, a_node("n3", 64, {{"zone", "b"}})}, {a_demand("digits", 1, 0.5, 1.5, {{"zone", "a"}})}, {});
  BOOST_TEST(
      advice(plan)
      == "digits@1 needs 2 GiB on a node for 1 more replica; of 3 nodes 2 lack memory (most free: n2, 1.1 GiB), 1 lacks zone=a; "
         "add a node with zone=a, or lower replicas");
}

BOOST_AUTO_TEST_CASE(a_label_that_no_node_has_is_named) {
  auto plan =
      plan_placement({a_node("n1", 16), a_node("n2", 16, {{"gpu", "no"}})}, {a_demand("a", 1, 1, 0, {{"gpu", "yes"}})}, {});
  BOOST_TEST(plan.target.empty());
  BOOST_TEST(advice(plan)
             == "a@1 needs 1 GiB on a node for 1 more replica; of 2 nodes 2 lack gpu=yes; add a node with gpu=yes, or loosen the "
                "constraints");
}

BOOST_AUTO_TEST_CASE(nodes_that_get_nothing_new_are_named) {
  auto plan = plan_placement({a_node("n1", 16, {}, placement_use::suspect), a_node("n2", 16, {}, placement_use::draining)},
                             {a_demand("a", 1, 1)}, {});
  BOOST_TEST(plan.target.empty());
  BOOST_TEST(
      advice(plan)
      == "a@1 needs 1 GiB on a node for 1 more replica; of 2 nodes 1 is suspect, 1 is draining; add a node, or wait until one is "
         "usable");
}

BOOST_AUTO_TEST_CASE(a_node_whose_disk_is_full_keeps_what_it_has_and_gets_nothing_more) {
  std::vector<placement_node> nodes{a_node("n1", 16), a_node("n2", 16, {}, placement_use::full)};
  auto plan = plan_placement(nodes, {a_demand("a", 4, 1)}, {{{"a", 1}, "n2", 1}});
  BOOST_TEST(text(plan.target) == "a n1=3 n2=1");
  auto none = plan_placement({nodes[1]}, {a_demand("a", 1, 1)}, {});
  BOOST_TEST(
      advice(none)
      == "a@1 needs 1 GiB on a node for 1 more replica; of 1 node 1 has no room on disk; add a node, or make room where there is "
         "none");
}

BOOST_AUTO_TEST_CASE(only_a_suspect_node_that_could_be_asked_makes_waiting_worth_while) {
  auto waits = [](placement_use use, const char* zone) {
    auto plan = plan_placement({a_node("n1", 16, {{"zone", zone}}, use)}, {a_demand("a", 1, 1, 0, {{"zone", "b"}})}, {});
    return plan.shortfalls.at(0).may_pass;
  };
  BOOST_TEST(waits(placement_use::suspect, "b"));
  BOOST_TEST(!waits(placement_use::suspect, "a"));
  BOOST_TEST(!waits(placement_use::draining, "b"));
  BOOST_TEST(!waits(placement_use::gone, "b"));
  BOOST_TEST(!waits(placement_use::usable, "a"));
}

BOOST_AUTO_TEST_CASE(as_many_as_fit_are_placed) {
  auto plan = plan_placement({a_node("n1", 3)}, {a_demand("a", 5, 1)}, {});
  BOOST_TEST(text(plan.target) == "a n1=3");
  BOOST_TEST(plan.shortfalls.at(0).missing == 2U);
}

BOOST_AUTO_TEST_CASE(sizes_that_would_overflow_do_not_fit) {
  auto huge = a_demand("a", 1, 0);
  huge.replica_bytes = huge.shared_bytes = ~0ULL;
  auto node = a_node("n1", 16);
  node.memory_others_bytes = ~0ULL;
  BOOST_TEST(plan_placement({a_node("n1", 16), node}, {huge}, {}).target.empty());
  BOOST_TEST(plan_placement({node}, {a_demand("a", 1, 1)}, {}).target.empty());
}

BOOST_AUTO_TEST_CASE(what_fits_nowhere_else_stays_on_a_draining_node) {
  auto plan = plan_placement({a_node("n1", 1), a_node("n2", 4, {}, placement_use::draining)}, {a_demand("a", 3, 1)},
                             {runs("a", "n2", 3)});
  BOOST_TEST(text(plan.target) == "a n1=1 n2=2");
  BOOST_TEST(text(plan.moves) == "a 1 n2>n1 drained");
  BOOST_TEST(plan.shortfalls.at(0).missing == 0U);
  BOOST_TEST(plan.shortfalls.at(0).staying == 2U);
  BOOST_TEST(advice(plan)
             == "a@1 needs 1 GiB on a node for each of 2 more replicas (2 stay on a draining node until then); of 2 nodes 1 "
                "lacks memory "
                "(most free: n1, 0 B), 1 is draining; add a node, or lower replicas");
}

// -- who gets what ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_demand_gets_its_first_replica_before_any_gets_a_second) {
  auto plan = plan_placement({a_node("n1", 3)}, {a_demand("a", 3, 1), a_demand("b", 3, 1), a_demand("c", 3, 1)}, {});
  BOOST_TEST(text(plan.target) == "a n1=1; b n1=1; c n1=1");
}

BOOST_AUTO_TEST_CASE(large_replicas_are_placed_before_small_ones_take_their_room) {
  auto plan = plan_placement({a_node("n1", 4), a_node("n2", 4)}, {a_demand("a", 4, 1), a_demand("b", 1, 4)}, {});
  BOOST_TEST(text(plan.target) == "a n2=4; b n1=1");
}

BOOST_AUTO_TEST_CASE(shared_memory_counts_once_a_node) {
  auto plan = plan_placement({a_node("n1", 4)}, {a_demand("a", 9, 0.5, 2)}, {});
  BOOST_TEST(text(plan.target) == "a n1=4");
}

BOOST_AUTO_TEST_CASE(cores_never_refuse_a_replica) {
  auto demand = a_demand("a", 3, 1);
  demand.threads = 64;
  BOOST_TEST(text(plan_placement({a_node("n1", 4)}, {demand}, {}).target) == "a n1=3");
}

BOOST_AUTO_TEST_CASE(a_node_with_more_cores_gets_more) {
  auto large = a_node("n1", 64);
  large.cores = 32;
  BOOST_TEST(
      text(plan_placement({large, a_node("n2", 64)}, {a_demand("a", 1, 1), a_demand("b", 1, 1), a_demand("c", 1, 1)}, {}).target)
      == "a n1=1; b n1=1; c n1=1");
}

BOOST_AUTO_TEST_CASE(replicas_are_spread_over_zones_then_over_nodes) {
  const std::vector<placement_node> nodes = {in_zone("n1", "x"), in_zone("n2", "x"), in_zone("n3", "y"), in_zone("n4", "y")};
  struct example {
    std::uint32_t replicas;
    const char* target;
  };
  for (const auto& [replicas, target] :
       std::vector<example>{{2, "a n1=1 n3=1"}, {4, "a n1=1 n2=1 n3=1 n4=1"}, {6, "a n1=2 n2=1 n3=2 n4=1"}})
    BOOST_TEST(text(plan_placement(nodes, {a_demand("a", replicas, 1)}, {}).target) == target);
}

BOOST_AUTO_TEST_CASE(constraints_hold_all_together) {
  auto plan = plan_placement({a_node("n1", 16, {{"gpu", "yes"}}), a_node("n2", 16, {{"disk", "fast"}}),
                              a_node("n3", 16, {{"disk", "fast"}, {"gpu", "yes"}})},
                             {a_demand("a", 2, 1, 0, {{"gpu", "yes"}, {"disk", "fast"}})}, {});
  BOOST_TEST(text(plan.target) == "a n3=2");
}

BOOST_AUTO_TEST_CASE(a_smaller_replica_makes_room_for_one_that_fits_nowhere) {
  auto plan =
      plan_placement({a_node("n1", 4), a_node("n2", 3)}, {a_demand("a", 1, 4), a_demand("b", 1, 1)}, {runs("b", "n1", 1)});
  BOOST_TEST(text(plan.target) == "a n1=1; b n2=1");
  BOOST_TEST(text(plan.moves) == "a 1 >n1 wanted; b 1 n1>n2 room");
}

// -- what must move ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_must_move_moves_and_the_rest_stays) {
  const std::vector<placed_replicas> current = {runs("a", "n1", 1), runs("a", "n2", 1)};
  struct example {
    const char* what;
    std::vector<placement_node> nodes;
    const char* moves;
  };
  auto crowded = a_node("n1", 16, {{"gpu", "yes"}});
  crowded.memory_others_bytes = 15 * gib + 1;
  auto good = [](const char* id, placement_use use = placement_use::usable) { return a_node(id, 16, {{"gpu", "yes"}}, use); };
  const std::vector<example> examples = {
      {"all is well", {good("n1"), good("n2"), good("n3")}, ""},
      {"a node is gone", {good("n1", placement_use::gone), good("n2"), good("n3")}, "a 1 n1>n3 lost"},
      {"a node is not among the nodes", {good("n2"), good("n3")}, "a 1 n1>n3 lost"},
      {"a node is draining", {good("n1", placement_use::draining), good("n2"), good("n3")}, "a 1 n1>n3 drained"},
      {"a node is suspect", {good("n1", placement_use::suspect), good("n2"), good("n3")}, ""},
      {"a node lost its label", {a_node("n1", 16), good("n2"), good("n3")}, "a 1 n1>n3 constraint"},
      {"others took the memory", {crowded, good("n2"), good("n3")}, "a 1 n1>n3 memory"},
      {"and there is no other node", {crowded, a_node("n2", 1, {{"gpu", "yes"}})}, "a 1 n1> memory"},
  };
  for (const auto& [what, nodes, moves] : examples)
    BOOST_TEST_CONTEXT(what)
  BOOST_TEST(text(plan_placement(nodes, {a_demand("a", 2, 1, 0, {{"gpu", "yes"}})}, current).moves) == moves);
}

BOOST_AUTO_TEST_CASE(where_memory_no_longer_holds_all_the_fewest_move) {
  auto plan = plan_placement({a_node("n1", 5), a_node("n2", 3)}, {a_demand("a", 1, 3), a_demand("b", 2, 1), a_demand("c", 1, 1)},
                             {runs("a", "n1", 1), runs("b", "n1", 2), runs("c", "n1", 1)}, {0, 0.2});
  BOOST_TEST(text(plan.moves) == "a 1 n1>n2 memory");
}

BOOST_AUTO_TEST_CASE(a_suspect_node_keeps_what_it_has_and_gets_nothing) {
  auto plan = plan_placement({a_node("n1", 16), a_node("n2", 16, {}, placement_use::suspect)}, {a_demand("a", 6, 1)},
                             {runs("a", "n2", 3)});
  BOOST_TEST(text(plan.target) == "a n1=3 n2=3");
}

BOOST_AUTO_TEST_CASE(fewer_wanted_take_away_from_where_there_are_most) {
  auto plan = plan_placement({in_zone("n1", "x"), in_zone("n2", "x"), in_zone("n3", "y")}, {a_demand("a", 2, 1)},
                             {runs("a", "n1", 1), runs("a", "n2", 2), runs("a", "n3", 1)});
  BOOST_TEST(text(plan.moves) == "a 1 n1> surplus; a 1 n2> surplus");
}

BOOST_AUTO_TEST_CASE(fewer_wanted_take_away_from_suspect_nodes_first) {
  auto plan = plan_placement({a_node("n1", 16), a_node("n2", 16, {}, placement_use::suspect)}, {a_demand("a", 2, 1)},
                             {runs("a", "n1", 2), runs("a", "n2", 1)});
  BOOST_TEST(text(plan.moves) == "a 1 n2> surplus");
}

BOOST_AUTO_TEST_CASE(a_version_that_nobody_wants_stops) {
  auto plan = plan_placement({a_node("n1", 16)}, {a_demand("a", 0, 1)}, {runs("old", "n1", 2), runs("a", "n1", 1)});
  BOOST_TEST(plan.target.empty());
  BOOST_TEST(text(plan.moves) == "a 1 n1> surplus; old 2 n1> surplus");
}

// -- what moves for a gain ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_empty_node_takes_from_one_with_two_of_the_same_demand) {
  auto plan = plan_placement({a_node("n1", 16), a_node("n2", 16)}, {a_demand("a", 2, 1)}, {runs("a", "n1", 2)});
  BOOST_TEST(text(plan.moves) == "a 1 n1>n2 spread");
}

BOOST_AUTO_TEST_CASE(a_zone_with_two_more_gives_one_to_another) {
  auto plan = plan_placement({in_zone("n1", "x"), in_zone("n2", "x"), in_zone("n3", "y")}, {a_demand("a", 2, 1)},
                             {runs("a", "n1", 1), runs("a", "n2", 1)});
  BOOST_TEST(text(plan.moves) == "a 1 n1>n3 spread");
}

BOOST_AUTO_TEST_CASE(one_more_in_a_zone_or_on_a_node_is_no_reason_to_move) {
  auto plan =
      plan_placement({in_zone("n1", "x"), in_zone("n2", "y")}, {a_demand("a", 3, 1)}, {runs("a", "n1", 2), runs("a", "n2", 1)});
  BOOST_TEST(text(plan.moves) == "");
}

namespace {

/// Ten demands of one replica each on n1, which has eight cores and 16 GiB.
struct full_node {
  std::vector<placement_demand> demands;
  std::vector<placed_replicas> current;

  full_node() {
    for (char name = 'a'; name < 'k'; ++name) {
      demands.push_back(a_demand(std::string(1, name), 1, 0.1));
      current.push_back(runs(std::string(1, name), "n1", 1));
    }
  }
};

std::uint32_t replicas_on(const placement_plan& plan, const std::string& node) {
  std::uint32_t sum = 0;
  for (const auto& each : plan.target)
    sum += each.node == node ? each.replicas : 0;
  return sum;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_joining_node_gets_work) {
  full_node full;
  auto plan = plan_placement({a_node("n1", 16), a_node("n2", 16)}, full.demands, full.current);
  BOOST_TEST(replicas_on(plan, "n2") == 5U);
  BOOST_TEST(!plan.more);
  for (const auto& move : plan.moves)
    BOOST_TEST(to_string(move.why) == std::string("balance"));
}

BOOST_AUTO_TEST_CASE(a_joining_node_gets_work_by_and_by) {
  full_node full;
  const std::vector<placement_node> nodes = {a_node("n1", 16), a_node("n2", 16)};
  auto first = plan_placement(nodes, full.demands, full.current, {3, 0.2});
  BOOST_TEST(replicas_on(first, "n2") == 3U);
  BOOST_TEST(first.more);
  auto second = plan_placement(nodes, full.demands, first.target, {3, 0.2});
  BOOST_TEST(replicas_on(second, "n2") == 5U);
  BOOST_TEST(!second.more);
}

BOOST_AUTO_TEST_CASE(a_little_more_load_is_no_reason_to_move) {
  auto plan =
      plan_placement({a_node("n1", 16), a_node("n2", 16)}, {a_demand("a", 1, 1), a_demand("b", 1, 1), a_demand("c", 1, 1)},
                     {runs("a", "n1", 1), runs("b", "n1", 1), runs("c", "n2", 1)});
  BOOST_TEST(text(plan.moves) == "");
}

BOOST_AUTO_TEST_CASE(a_replica_that_would_only_carry_the_load_elsewhere_stays) {
  auto heavy = a_demand("a", 1, 1);
  heavy.threads = 8;
  BOOST_TEST(text(plan_placement({a_node("n1", 16), a_node("n2", 16)}, {heavy}, {runs("a", "n1", 1)}).moves) == "");
}

BOOST_AUTO_TEST_CASE(a_suspect_nodes_replicas_do_not_move_for_a_gain) {
  auto plan = plan_placement({a_node("n1", 16, {}, placement_use::suspect), a_node("n2", 16)}, {a_demand("a", 4, 1)},
                             {runs("a", "n1", 4)});
  BOOST_TEST(text(plan.moves) == "");
}
