#define BOOST_TEST_MODULE node_sim
#include "tests/sim/seeded_stories.hpp"
#include "tests/sim/sim_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seeds_by_default = 1000;

sim_artifacts& artifacts() {
  static sim_artifacts made;
  return made;
}

/// Some worlds are calm, some have one kind of trouble, some have all.
host_faults draw_faults(rng& chance) {
  auto maybe = [&chance](double most) { return chance.chance(0.4) ? most * chance.unit() : 0.0; };
  host_faults faults;
  faults.load_fails = maybe(0.5);
  faults.load_hangs = maybe(0.1);
  faults.fork_fails = maybe(0.5);
  faults.fork_hangs = maybe(0.1);
  faults.batch_crashes = maybe(0.3);
  faults.batch_hangs = maybe(0.1);
  faults.batch_lies = maybe(0.1);
  faults.batch_fails = maybe(0.3);
  faults.batch_slow = maybe(0.2);
  faults.template_life_max = std::chrono::milliseconds(chance.chance(0.3) ? 50 + chance.below(3000) : 0);
  faults.replica_life_max = std::chrono::milliseconds(chance.chance(0.3) ? 50 + chance.below(3000) : 0);
  return faults;
}

std::string draw_name(rng& chance) {
  return std::string(1, "abc"[chance.below(3)]);
}

void command_something(sim_world& world) {
  auto& chance = world.chance();
  auto name = draw_name(chance);
  if (world.command_under_way(name))
    return;
  auto replicas = static_cast<std::uint32_t>(chance.below(4));
  auto what = chance.below(12);
  if (what >= 10)
    world.rollback(name, static_cast<version_number>(chance.below(4)));
  else if (what < 5)
    world.deploy(name, static_cast<sim_model>(chance.below(chance.chance(0.2) ? 4 : 2)), 1 + replicas);
  else if (what < 8)
    world.scale(name, replicas);
  else
    world.undeploy(name);
}

/// What can go wrong beside hosts, and how likely each is at each step.
struct node_faults {
  double actor_fails;
  double power_fails;
  double poison;
};

void do_something(sim_world& world, const node_faults& faults) {
  auto& chance = world.chance();
  if (chance.chance(0.1))
    command_something(world);
  for (auto left = chance.below(6); left > 0; --left)
    world.request(draw_name(chance), static_cast<float>(1 + chance.below(100)),
                  std::chrono::milliseconds(20 + chance.below(1000)));
  if (chance.chance(0.05))
    world.lose_patience(chance.unit());
  if (chance.chance(faults.poison))
    world.request(draw_name(chance), fake_hosts::poison);
  if (chance.chance(faults.actor_fails))
    world.fail_actor();
  if (chance.chance(faults.power_fails))
    world.crash_and_restart();
}

void cause_trouble(sim_world& world) {
  auto& chance = world.chance();
  world.hosts().faults = chance.chance(0.8) ? draw_faults(chance) : host_faults{};
  world.disk().set_failure_chance(chance.chance(0.2) ? 0.1 * chance.unit() : 0);
  world.laziness = chance.chance(0.5) ? 0.2 * chance.unit() : 0;
  node_faults faults{chance.chance(0.3) ? 0.02 : 0.0, chance.chance(0.3) ? 0.02 : 0.0, chance.chance(0.3) ? 0.05 : 0.0};
  for (auto steps = 20 + chance.below(80); steps > 0; --steps) {
    do_something(world, faults);
    world.run(std::chrono::microseconds(chance.below(50'000)));
  }
}

story_outcome live(std::uint64_t seed) {
  sim_world world(artifacts(), seed);
  for (auto rounds = 1 + world.chance().below(2); rounds > 0; --rounds) {
    cause_trouble(world);
    world.heal_and_check();
  }
  world.crash_and_restart();
  world.heal_and_check();
  return {world.complaints(), world.trace(), world.client().answered()};
}

} // namespace

BOOST_AUTO_TEST_CASE(whatever_goes_wrong_a_node_keeps_its_promises) {
  check_stories(live, seeds_by_default);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_story) {
  check_replays(live, 10);
}
