#define BOOST_TEST_MODULE placement_property
#include "runtime/base/rng.hpp"
#include "tests/cluster/placement_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace troupe;

namespace {

constexpr std::uint64_t seeds = 1000;
constexpr std::uint32_t pass_max = 50;

struct cluster_case {
  std::vector<placement_node> nodes;
  std::vector<placement_demand> demands;
  std::vector<placed_replicas> current;

  placement_plan plan(const placement_options& options = {}) const { return plan_placement(nodes, demands, current, options); }
};

placement_node random_node(rng& chance, std::size_t number) {
  auto node = a_node("n" + std::to_string(number), 1 + static_cast<double>(chance.below(32)));
  node.cores = static_cast<std::uint32_t>(chance.below(32));
  node.memory_others_bytes = chance.below(node.memory_bytes * 9 / 8);
  if (chance.chance(0.8))
    node.labels["zone"] = std::string(1, static_cast<char>('x' + chance.below(3)));
  if (chance.chance(0.5))
    node.labels["gpu"] = chance.chance(0.7) ? "yes" : "no";
  if (chance.chance(0.3))
    node.use = static_cast<placement_use>(1 + chance.below(3));
  return node;
}

placement_demand random_demand(rng& chance, std::size_t number) {
  auto demand = a_demand("d" + std::to_string(number / 2), static_cast<std::uint32_t>(chance.below(9)),
                         static_cast<double>(chance.below(16)) / 4, static_cast<double>(chance.below(8)) / 4);
  demand.version.number = static_cast<version_number>(number % 2);
  demand.threads = static_cast<std::uint32_t>(chance.below(5));
  if (chance.chance(0.2))
    demand.constraints["gpu"] = "yes";
  if (chance.chance(0.1))
    demand.constraints["zone"] = "x";
  return demand;
}

/// Any replicas anywhere, also where they don't fit, on nodes and of versions that aren't there.
std::vector<placed_replicas> random_current(rng& chance, std::size_t nodes, std::size_t demands) {
  std::vector<placed_replicas> current;
  for (std::size_t d = 0; d < demands + 2; ++d)
    for (std::size_t n = 0; n < nodes + 1; ++n)
      if (chance.chance(0.3))
        current.push_back({{"d" + std::to_string(d / 2), static_cast<version_number>(d % 2)},
                           "n" + std::to_string(n),
                           static_cast<std::uint32_t>(1 + chance.below(4))});
  return current;
}

cluster_case random_case(std::uint64_t seed) {
  rng chance(seed);
  cluster_case made;
  auto nodes = chance.below(12);
  auto demands = chance.below(14);
  for (std::size_t n = 0; n < nodes; ++n)
    made.nodes.push_back(random_node(chance, n));
  for (std::size_t d = 0; d < demands; ++d)
    made.demands.push_back(random_demand(chance, d));
  if (chance.chance(0.7))
    made.current = random_current(chance, nodes, demands);
  return made;
}

template <class Check>
void for_every_seed(Check check) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed)
    BOOST_TEST_CONTEXT("seed " << seed)
  check(random_case(seed), seed);
}

const placement_demand* demand_of(const cluster_case& the, const version_id& version) {
  for (const auto& demand : the.demands)
    if (demand.version == version)
      return &demand;
  return nullptr;
}

std::uint32_t replicas_at(const std::vector<placed_replicas>& placed, const version_id& version, const std::string& node) {
  for (const auto& each : placed)
    if (each.version == version && each.node == node)
      return each.replicas;
  return 0;
}

std::uint64_t free_on(const cluster_case& the, const placement_node& node, const std::vector<placed_replicas>& placed) {
  auto free = node.memory_bytes - std::min(node.memory_bytes, node.memory_others_bytes);
  for (const auto& each : placed) {
    if (each.node != node.id)
      continue;
    const auto* demand = demand_of(the, each.version);
    auto bytes = demand->shared_bytes + each.replicas * demand->replica_bytes;
    BOOST_REQUIRE_MESSAGE(bytes <= free, "over memory: " << node.id);
    free -= bytes;
  }
  return free;
}

bool holds(const placement_node& node, const placement_demand& demand) {
  return std::all_of(demand.constraints.begin(), demand.constraints.end(), [&](const auto& constraint) {
    auto found = node.labels.find(constraint.first);
    return found != node.labels.end() && found->second == constraint.second;
  });
}

/// Whether the node may get one replica more of the demand.
bool takes_one(const cluster_case& the, const std::vector<placed_replicas>& placed, const placement_demand& demand,
               const placement_node& node) {
  auto there = replicas_at(placed, demand.version, node.id);
  auto needed = demand.replica_bytes + (there == 0 ? demand.shared_bytes : 0);
  return node.use == placement_use::usable && holds(node, demand) && free_on(the, node, placed) >= needed;
}

std::string zone_of(const placement_node& node) {
  auto found = node.labels.find("zone");
  return found == node.labels.end() ? "" : found->second;
}

using place = std::pair<std::string, std::string>; // version, node

std::map<place, std::int64_t> as_map(const std::vector<placed_replicas>& placed) {
  std::map<place, std::int64_t> counts;
  for (const auto& each : placed)
    counts[{to_string(each.version), each.node}] += each.replicas;
  return counts;
}

bool is_gain(move_reason why) {
  return why == move_reason::spread || why == move_reason::balance || why == move_reason::room;
}

/// Plans until no gain is left for later.
cluster_case settled(cluster_case the) {
  for (std::uint32_t pass = 0; pass < pass_max; ++pass) {
    auto plan = the.plan();
    the.current = plan.target;
    if (!plan.more)
      return the;
  }
  BOOST_FAIL("gains without end");
  return the;
}

} // namespace

BOOST_AUTO_TEST_CASE(no_node_is_ever_over_its_memory) {
  for_every_seed([](const cluster_case& the, std::uint64_t) {
    auto plan = the.plan();
    for (const auto& node : the.nodes)
      free_on(the, node, plan.target);
  });
}

BOOST_AUTO_TEST_CASE(replicas_are_only_where_they_may_be) {
  for_every_seed([](const cluster_case& the, std::uint64_t) {
    for (const auto& each : the.plan().target) {
      auto node = std::find_if(the.nodes.begin(), the.nodes.end(), [&](const auto& known) { return known.id == each.node; });
      BOOST_REQUIRE((node != the.nodes.end() && node->use != placement_use::gone && each.replicas > 0));
      BOOST_REQUIRE(holds(*node, *demand_of(the, each.version)));
      if (node->use != placement_use::usable)
        BOOST_REQUIRE(each.replicas <= replicas_at(the.current, each.version, each.node));
    }
  });
}

BOOST_AUTO_TEST_CASE(every_replica_is_placed_or_it_is_said_why_not) {
  for_every_seed([](const cluster_case& the, std::uint64_t) {
    auto plan = the.plan();
    std::map<std::string, std::uint64_t> placed;
    for (const auto& each : plan.target)
      placed[to_string(each.version)] += each.replicas;
    for (const auto& shortfall : plan.shortfalls) {
      BOOST_REQUIRE(shortfall.advice.rfind(to_string(shortfall.version) + " needs ", 0) == 0);
      BOOST_REQUIRE(shortfall.missing + shortfall.staying > 0);
      for (const auto& node : the.nodes)
        BOOST_REQUIRE(!takes_one(the, plan.target, *demand_of(the, shortfall.version), node));
      placed[to_string(shortfall.version)] += shortfall.missing;
    }
    for (const auto& demand : the.demands)
      BOOST_REQUIRE(placed[to_string(demand.version)] == demand.replicas);
  });
}

BOOST_AUTO_TEST_CASE(the_moves_lead_from_what_is_to_the_target) {
  for_every_seed([](const cluster_case& the, std::uint64_t) {
    auto plan = the.plan();
    auto counts = as_map(the.current);
    for (const auto& move : plan.moves) {
      BOOST_REQUIRE((move.replicas > 0 && move.from != move.to));
      if (!move.from.empty())
        counts[{to_string(move.version), move.from}] -= move.replicas;
      if (!move.to.empty())
        counts[{to_string(move.version), move.to}] += move.replicas;
    }
    for (auto each = counts.begin(); each != counts.end();)
      each = each->second == 0 ? counts.erase(each) : std::next(each);
    BOOST_REQUIRE(counts == as_map(plan.target));
  });
}

BOOST_AUTO_TEST_CASE(a_plan_made_of_its_own_target_moves_nothing) {
  for_every_seed([](const cluster_case& the, std::uint64_t) {
    auto again = settled(the).plan();
    BOOST_REQUIRE_EQUAL(text(again.moves), "");
    BOOST_REQUIRE(!again.more);
  });
}

BOOST_AUTO_TEST_CASE(replicas_are_spread_as_far_as_there_is_room) {
  for_every_seed([](const cluster_case& given, std::uint64_t) {
    auto the = settled(given);
    auto in_zone = [&](const placement_demand& demand, const placement_node& node) {
      std::uint32_t sum = 0;
      for (const auto& other : the.nodes)
        sum += zone_of(other) == zone_of(node) ? replicas_at(the.current, demand.version, other.id) : 0;
      return sum;
    };
    for (const auto& demand : the.demands)
      for (const auto& from : the.nodes)
        for (const auto& to : the.nodes) {
          auto there = replicas_at(the.current, demand.version, from.id);
          if (from.use != placement_use::usable || there == 0 || !takes_one(the, the.current, demand, to))
            continue;
          BOOST_REQUIRE(in_zone(demand, from) < in_zone(demand, to) + 2);
          if (zone_of(from) == zone_of(to))
            BOOST_REQUIRE(there < replicas_at(the.current, demand.version, to.id) + 2);
        }
  });
}

BOOST_AUTO_TEST_CASE(no_more_replicas_move_for_a_gain_than_allowed) {
  for_every_seed([](const cluster_case& the, std::uint64_t seed) {
    placement_options options;
    options.gain_moves_max = static_cast<std::uint32_t>(seed % 4);
    std::uint32_t gains = 0;
    for (const auto& move : the.plan(options).moves)
      gains += is_gain(move.why) ? move.replicas : 0;
    BOOST_REQUIRE(gains <= options.gain_moves_max);
  });
}

BOOST_AUTO_TEST_CASE(the_order_of_the_input_does_not_matter) {
  for_every_seed([](const cluster_case& the, std::uint64_t seed) {
    auto mixed = the;
    rng chance(seed);
    auto shuffle = [&](auto& list) {
      for (auto left = list.size(); left > 1; --left)
        std::swap(list[left - 1], list[chance.below(left)]);
    };
    shuffle(mixed.nodes);
    shuffle(mixed.demands);
    shuffle(mixed.current);
    auto a = the.plan();
    auto b = mixed.plan();
    BOOST_REQUIRE_EQUAL(text(a.target), text(b.target));
    BOOST_REQUIRE_EQUAL(text(a.moves), text(b.moves));
    BOOST_REQUIRE_EQUAL(advice(a), advice(b));
  });
}

BOOST_AUTO_TEST_CASE(the_loss_of_a_node_moves_what_was_on_it_and_the_rest_only_for_a_gain) {
  for_every_seed([](cluster_case the, std::uint64_t seed) {
    if (the.nodes.empty())
      return;
    for (auto& node : the.nodes)
      node.use = placement_use::usable;
    the = settled(the);
    auto missed = !the.plan().shortfalls.empty();
    auto& lost = the.nodes[seed % the.nodes.size()];
    lost.use = placement_use::gone;
    for (const auto& move : the.plan().moves) {
      auto expected = move.from == lost.id ? move.why == move_reason::lost : is_gain(move.why);
      BOOST_REQUIRE_MESSAGE(expected || (missed && move.why == move_reason::wanted), text({move}));
    }
  });
}
