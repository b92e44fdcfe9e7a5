#include "tests/sim/sim_node.hpp"

#include <caf/send.hpp>

#include <set>
#include <string>
#include <utility>

namespace troupe {

namespace {

caf::actor_system_config& in_one_thread(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

bool is_of_the_tree(const std::string& actor_name) {
  static const std::set<std::string> names = {"journal", "keeper",  "router",      "catalog", "deployment", "pool",
                                              "replica", "serving", "deployments", "pools",   "replicas",   "placer"};
  return names.count(actor_name) != 0;
}

} // namespace

sim_node::sim_node(sim_machine machine, std::uint64_t seed)
  : machine_(machine), random_(seed), seeds_(random_.next()), state_(machine.records), kept_(machine.records),
    log_(log_store::open(machine.records, log_store::events_max).value()),
    environment_{machine.time, machine.events, seeds_, machine.hosts, routes_, actors_},
    system_(std::make_unique<caf::actor_system>(in_one_thread(config_))) {
  system_->await_actors_before_shutdown(false);
  scheduler().clock().current_time = machine.time.now();
  auto root = start_root(*system_, {environment_, {machine.time, state_, machine.blobs, kept_}, {machine.time, log_}});
  caf::actor_cast<caf::actor>(root)->attach_functor([this](const caf::error&) { root_died_ = true; });
}

sim_node::~sim_node() {
  caf::anon_send_exit(actors_.root.get(), caf::exit_reason::kill);
  scheduler().run();
  scheduler().clock().cancel_all();
}

std::optional<steady_time> sim_node::next_timer() const {
  const auto& timers = scheduler().clock().schedule();
  return timers.empty() ? std::nullopt : std::optional<steady_time>(timers.begin()->first);
}

void sim_node::turn(double laziness) {
  scheduler().advance_time(machine_.time.now() - scheduler().clock().now());
  while (has_work() && !random_.chance(laziness))
    run_any();
}

void sim_node::run_any() {
  auto& jobs = scheduler().jobs;
  std::swap(jobs.front(), jobs[random_.below(jobs.size())]);
  if (fail_next_)
    fail_if_due(jobs.front());
  scheduler().run_once();
}

void sim_node::fail_if_due(caf::resumable* job) {
  auto victim = dynamic_cast<caf::scheduled_actor*>(job);
  if (victim == nullptr || !is_of_the_tree(victim->name()))
    return;
  std::exchange(fail_next_, nullptr)(victim->name());
  caf::anon_send_exit(caf::strong_actor_ptr(victim->ctrl()), caf::exit_reason::kill);
}

} // namespace troupe
