#include "tests/sim/sim_node.hpp"

#include <caf/send.hpp>

#include <utility>

namespace troupe {

namespace {

caf::actor_system_config& in_one_thread(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

} // namespace

sim_node::sim_node(sim_machine machine, std::uint64_t seed)
  : machine_(machine), random_(seed), seeds_(random_.next()), state_(machine.records),
    log_(log_store::open(machine.records, log_store::events_max).value()),
    environment_{machine.time, machine.events, seeds_, machine.hosts, routes_, actors_},
    system_(std::make_unique<caf::actor_system>(in_one_thread(config_))) {
  system_->await_actors_before_shutdown(false);
  scheduler().clock().current_time = machine.time.now();
  watch_root(start_root(*system_, {environment_, {machine.time, state_, machine.blobs}, {machine.time, log_}}));
}

sim_node::~sim_node() {
  caf::anon_send_exit(actors_.root.get(), caf::exit_reason::kill);
  scheduler().run();
  scheduler().clock().cancel_all();
}

void sim_node::watch_root(const supervisor_actor& root) {
  system_->spawn([this, root](caf::event_based_actor* self) -> caf::behavior {
    self->set_down_handler([this](const caf::down_msg&) { root_died_ = true; });
    self->monitor(root);
    return {[](const watch_children&) {}};
  });
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
  scheduler().run_once();
}

} // namespace troupe
