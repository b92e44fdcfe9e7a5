#include "tests/sim/sim_node.hpp"

#include <caf/send.hpp>

#include <set>
#include <string>
#include <utility>

namespace troupe {

namespace {

/// Of each machine.
constexpr std::uint32_t cores = 4;
constexpr std::uint64_t memory_bytes = 8ULL << 30;

caf::actor_system_config& in_one_thread(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

bool is_of_the_tree(const std::string& actor_name) {
  static const std::set<std::string> names = {"journal", "keeper",      "router", "catalog",  "deployment", "pool",   "replica",
                                              "serving", "deployments", "pools",  "replicas", "placer",     "fetcher"};
  return names.count(actor_name) != 0;
}

} // namespace

sim_node::sim_node(sim_machine machine, std::uint64_t seed, const std::optional<sim_membership>& cluster)
  : machine_(machine), random_(seed), seeds_(random_.next()), state_(machine.records), kept_(machine.records),
    log_(log_store::open(machine.records, log_store::events_max).value()), members_(machine.records),
    environment_{machine.time, machine.events, seeds_, machine.hosts, routes_, actors_},
    system_(std::make_unique<caf::actor_system>(in_one_thread(config_))), desk_(*system_, actors_) {
  system_->await_actors_before_shutdown(false);
  scheduler().clock().current_time = machine.time.now();
  root_options options{environment_, {machine.time, state_, machine.blobs, kept_}, {machine.time, log_}};
  if (cluster)
    options.cluster.emplace(join(*cluster));
  auto root = start_root(*system_, options);
  caf::actor_cast<caf::actor>(root)->attach_functor([this](const caf::error&) { root_died_ = true; });
}

cluster_options sim_node::join(const sim_membership& cluster) {
  const auto& self = cluster.self;
  environment_.node_id = self.node_id;
  environment_.node_name = self.name;
  environment_.machine = {cores, memory_bytes, self.labels};
  environment_.network = &cluster.network;
  environment_.lead.set(cluster.record.lead);
  environment_.follow = [this](const leadership& other) { return follow(other); };
  leads_ = troupe::leads(cluster.record, self.node_id);
  registrar_options registrar{machine_.time, machine_.events, members_, self.node_id};
  registrar.actors = &actors_;
  member_news news;
  news.id = self.node_id;
  news.name = self.name;
  news.address = self.address;
  news.labels = self.labels;
  return {leads_, std::move(registrar), {environment_, std::move(news), cluster.known, {}, [this] { return own_load(); }}};
}

/// As a node does: one that led comes back as one that follows.
result<void> sim_node::follow(const leadership& other) {
  if (auto kept = save_leadership(members_, other); !kept)
    return kept;
  environment_.lead.set(other);
  machine_.events.emit({machine_.time.wall_now(),
                        severity::info,
                        "leader_changed",
                        {{"leader", other.leader_id}, {"epoch", std::to_string(other.epoch)}},
                        "node"});
  gave_up_ = leads_;
  if (!leads_)
    return {};
  error replaced{error_code::failed_precondition, "this node was replaced as leader"};
  state_.close(replaced);
  members_.close(replaced);
  return {};
}

node_load sim_node::own_load() const {
  node_load load;
  load.cores = cores;
  load.memory_total_bytes = load.memory_free_bytes = memory_bytes;
  for (const auto& each : routes_.pools()) {
    auto count = each->count();
    load.queued_requests += count.queued_requests;
    load.replicas += count.runners;
  }
  return load;
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
