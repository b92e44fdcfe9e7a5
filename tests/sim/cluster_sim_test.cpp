#define BOOST_TEST_MODULE cluster_sim
#include "tests/sim/cluster_world.hpp"
#include "tests/sim/seeded_stories.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seeds_by_default = 1000;
constexpr std::size_t nodes_max = 7;

sim_artifacts& artifacts() {
  static sim_artifacts made;
  return made;
}

/// The first one has most of what happens.
std::string draw_name(rng& chance) {
  return std::string(1, "aabc"[chance.below(4)]);
}

/// How what is good takes requests over by stages.
const std::array<std::string, 6> by_stages = {
    R"(
strategy = ["shadow", "canary"]
overdue = "3s"
[shadow]
hold = "1s"
samples = 0
[[canary.step]]
weight = 40
hold = "1s"
samples = 0
)",
    R"(
strategy = "canary"
overdue = "3s"
[[canary.step]]
weight = 20
hold = "1s"
samples = 0
[[canary.step]]
weight = 60
hold = "1s"
samples = 0
)",
    R"(
strategy = "blue_green"
overdue = "3s"
[blue_green]
hold = "1s"
)",
    R"(
strategy = "canary"
fuse = 5
overdue = "3s"
[[canary.step]]
weight = 10
hold = "1s"
samples = 0
[[canary.step]]
weight = 50
hold = "2s"
samples = 0
[[check]]
kind = "error_rate"
)",
    R"(
strategy = ["shadow", "ab"]
traffic.key = "request_id"
overdue = "3s"
[shadow]
share = 100
hold = "1s"
samples = 0
[ab]
hold = "2s"
samples = 0
[[check]]
kind = "finite_outputs"
)",
    R"(
strategy = "rolling"
overdue = "3s"
[rolling]
surge = 1
hold = "1s"
)"};

/// However few requests there are, whoever goes by it is rolled back in the end.
const std::string by_a_stage_that_never_ends = R"(
strategy = "canary"
fuse = 3
overdue = "3s"
[[canary.step]]
weight = 50
hold = "1s"
samples = 1000000
)";

// -- what people do ---------------------------------------------------------------------------------------------------------------

/// What takes requests over by stages in a story. Nobody promotes what fails each request.
enum class candidates { good, failing };

void deploy_by_stages(cluster_world& world, const std::string& name, sim_model model, std::uint32_t replicas) {
  const auto& drawn = by_stages[world.chance().below(by_stages.size())];
  world.deploy(name, model, replicas, model == sim_model::failing ? by_a_stage_that_never_ends : drawn);
}

/// Of the deployment that is asked most.
void begin_rollout(cluster_world& world, candidates are) {
  deploy_by_stages(world, "a", are == candidates::good ? sim_model::triples : sim_model::failing,
                   static_cast<std::uint32_t>(1 + world.chance().below(4)));
}

void deploy_something(cluster_world& world, const std::string& name, candidates are) {
  auto& chance = world.chance();
  auto replicas = static_cast<std::uint32_t>(1 + chance.below(5));
  auto model = chance.chance(0.1) ? sim_model::broken : static_cast<sim_model>(chance.below(2));
  if (chance.chance(0.6))
    world.deploy(name, model, replicas);
  else
    deploy_by_stages(world, name, are == candidates::good ? model : sim_model::failing, replicas);
}

void steer_something(cluster_world& world, const std::string& name, candidates are) {
  constexpr std::array commands = {rollout_command::abort, rollout_command::skip, rollout_command::promote};
  world.steer(name, commands[are == candidates::failing ? 0 : world.chance().below(commands.size())]);
}

void command_something(cluster_world& world, candidates are) {
  auto& chance = world.chance();
  auto name = draw_name(chance);
  if (world.command_under_way(name))
    return;
  auto replicas = static_cast<std::uint32_t>(chance.below(5));
  auto what = chance.below(14);
  if (what >= 12)
    steer_something(world, name, are);
  else if (what >= 10)
    world.rollback(name);
  else if (what < 5)
    deploy_something(world, name, are);
  else if (what < 8)
    world.scale(name, replicas);
  else
    world.undeploy(name);
}

void send_requests(cluster_world& world) {
  auto& chance = world.chance();
  if (auto crowd = draw_name(chance); chance.chance(0.2))
    for (auto left = 12; left > 0; --left)
      world.request(crowd, static_cast<float>(1 + chance.below(100)));
  for (auto left = chance.below(4); left > 0; --left)
    world.request(draw_name(chance), static_cast<float>(1 + chance.below(100)),
                  1000ms + std::chrono::milliseconds(chance.below(4000)));
  if (chance.chance(0.1))
    world.lose_patience(chance.unit());
}

std::optional<cluster_world::machine_number> draw_machine(cluster_world& world) {
  auto able = world.awake();
  return able.empty() ? std::nullopt : std::optional(able[world.chance().below(able.size())]);
}

/// Nodes come, and have their work taken away and given back.
void move_nodes(cluster_world& world) {
  auto& chance = world.chance();
  auto which = draw_machine(world);
  if (chance.chance(0.3) && world.size() < nodes_max)
    world.join();
  else if (which)
    world.drain(*which, chance.chance(0.6));
}

void let_people_work(cluster_world& world, candidates are) {
  auto& chance = world.chance();
  for (auto steps = 3 + chance.below(15); steps > 0; --steps) {
    if (chance.chance(0.4))
      command_something(world, are);
    if (chance.chance(0.15))
      move_nodes(world);
    send_requests(world);
    world.run(std::chrono::milliseconds(chance.below(600)));
  }
}

// -- what goes wrong --------------------------------------------------------------------------------------------------------------

/// How likely each is at each step.
struct troubles {
  double power = 0;
  double frozen = 0;
  double split = 0;
  double replaced = 0; ///< the leader, once it is off
};

/// Some stories have one kind of trouble, some have all.
troubles draw_troubles(rng& chance) {
  auto maybe = [&chance](double most) { return chance.chance(0.5) ? most * chance.unit() : 0.0; };
  return {maybe(0.3), maybe(0.3), maybe(0.3), chance.chance(0.2) ? 0.3 : 0.0};
}

wire_faults draw_wire_faults(rng& chance) {
  auto maybe = [&chance](double most) { return chance.chance(0.4) ? most * chance.unit() : 0.0; };
  return {maybe(0.1), maybe(0.2), maybe(0.2), std::chrono::milliseconds(1 + chance.below(2000))};
}

void disturb(cluster_world& world, const troubles& what) {
  auto& chance = world.chance();
  auto which = chance.below(world.size());
  auto& one = world.member(which);
  if (one.removed || one.life() == 0)
    return;
  if (chance.chance(what.power))
    one.is_off() ? world.start(which) : world.kill(which);
  if (chance.chance(what.frozen) && !one.is_off())
    one.is_frozen() ? world.thaw(which) : world.freeze(which);
  auto next = draw_machine(world);
  if (chance.chance(what.replaced) && next && world.member(world.leader_number()).is_off())
    world.replace_leader(*next);
  if (!chance.chance(what.split))
    return;
  if (chance.chance(0.4))
    return world.mend();
  std::vector<std::size_t> side;
  for (std::size_t i = 0; i < world.size(); ++i)
    if (chance.chance(0.4))
      side.push_back(i);
  world.split(side, chance.chance(0.3));
}

void cause_trouble(cluster_world& world, candidates are) {
  auto& chance = world.chance();
  auto what = draw_troubles(chance);
  if (chance.chance(0.3))
    world.disturb_wire(draw_wire_faults(chance));
  world.laziness = chance.chance(0.3) ? 0.2 * chance.unit() : 0;
  if (chance.chance(0.5))
    begin_rollout(world, are);
  for (auto steps = 5 + chance.below(20); steps > 0; --steps) {
    disturb(world, what);
    if (chance.chance(0.2))
      command_something(world, are);
    if (chance.chance(0.05))
      move_nodes(world);
    send_requests(world);
    world.run(std::chrono::milliseconds(chance.below(1500)));
  }
}

/// A node's machine is lost for good, and is put out of the cluster in the end. The others may run what it ran.
void lose_one(cluster_world& world) {
  auto which = draw_machine(world);
  if (!which || &world.member(*which) == world.leader())
    return;
  for (auto other : world.awake())
    if (other != *which)
      world.drain(other, false);
  world.settle();
  world.kill(*which);
  world.settle();
  world.remove(*which);
  world.settle();
}

// -- stories ----------------------------------------------------------------------------------------------------------------------

story_outcome live(std::uint64_t seed) {
  cluster_world world(artifacts(), seed);
  auto& chance = world.chance();
  for (auto others = 2 + chance.below(4); others > 0; --others)
    world.join();
  world.run(std::chrono::milliseconds(chance.below(3000)));
  world.deploy("a", sim_model::doubles, static_cast<std::uint32_t>(1 + chance.below(6)));
  world.settle();
  auto are = chance.chance(0.3) ? candidates::failing : candidates::good;
  if (chance.chance(0.5))
    begin_rollout(world, are);
  let_people_work(world, are);
  if (chance.chance(0.5))
    world.settle();
  cause_trouble(world, are);
  world.heal_and_settle();
  if (chance.chance(0.3))
    lose_one(world);
  return {world.complaints(), world.trace(), world.answered()};
}

} // namespace

BOOST_AUTO_TEST_CASE(whatever_goes_wrong_a_cluster_keeps_its_promises) {
  check_stories(live, seeds_by_default);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_story) {
  check_replays(live, 5);
}
