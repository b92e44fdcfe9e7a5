#include "runtime/node/node.hpp"

#include "actors/errors.hpp"
#include "actors/root.hpp"
#include "runtime/base/host_program.hpp"
#include "runtime/base/units.hpp"
#include "runtime/gateway/http_server.hpp"
#include "runtime/gateway/rpc_server.hpp"
#include "runtime/node/client_doors.hpp"
#include "runtime/node/cluster_node.hpp"
#include "runtime/node/drain.hpp"
#include "runtime/node/event_hub.hpp"
#include "runtime/node/host_priority.hpp"
#include "runtime/node/loop_complaints.hpp"
#include "runtime/node/node_storage.hpp"
#include "runtime/node/service_notifier.hpp"
#include "runtime/node/stop_signals.hpp"
#include "runtime/node/watchdog.hpp"
#include "runtime/serving/host_watch.hpp"
#include "runtime/serving/process_hosts.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// The tree's parts have deadlines of their own, all shorter.
constexpr auto tree_patience = 10min;
/// Between looks at whether a node that starts has given up.
constexpr auto start_look = 500ms;
/// What the end of the tree may take on top of the drain, as the service manager is told.
constexpr auto end_patience = 60s;
/// Bodies of the largest size that a node holds at once, if it isn't told.
constexpr std::uint64_t bodies_by_default = 8;
/// For others to hear that this node leaves; those that don't will find out.
constexpr auto leave_patience = 1500ms;
/// For clients' connections to notice that their time is over.
constexpr auto clients_slack = 2s;
/// Threads of the actor system: it is the control plane, not the path of a request.
constexpr std::size_t actor_threads = 2;

std::uint64_t true_random() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

std::string node_name(const node_options& options) {
  if (!options.name.empty())
    return options.name;
  char name[256] = "node";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::size_t loop_count(const node_options& options) {
  return options.gateway_loops > 0 ? options.gateway_loops : std::max(1U, std::thread::hardware_concurrency() / 2);
}

gateway_options gateway_of(const node_options& options) {
  gateway_options gateway;
  gateway.message_bytes_max = options.message_bytes_max;
  gateway.body_bytes_max = options.body_bytes_max > 0 ? options.body_bytes_max : bodies_by_default * options.message_bytes_max;
  gateway.artifact_bytes_max = options.artifact_bytes_max;
  gateway.chunk_bytes_max = options.chunk_bytes_max;
  gateway.default_deadline = options.default_deadline;
  gateway.connections_max = options.connections_max;
  gateway.login_timeout = options.login_timeout;
  gateway.idle_timeout = options.idle_timeout;
  return gateway;
}

/// Free memory that an allocator arena keeps, at most: messages come and go, and pages that the kernel took back have to be zeroed again for the next one
/// (400 page faults for a forwarded request of 600 KB, half of its time).
constexpr int kept_free_bytes = 16 << 20;
/// What is larger is memory of its own, which is given back at once.
constexpr int mapped_from_bytes = 8 << 20;

/// A small node stays small: few allocator arenas, and enough descriptors for clients and hosts.
void prepare_process() {
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, kept_free_bytes);
  ::mallopt(M_MMAP_THRESHOLD, mapped_from_bytes);
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

/// Whoever waits for the file finds it whole.
result<void> write_address_file(const std::string& path, const std::string& address, const std::string& flag) {
  if (path.empty())
    return {};
  auto unfinished = path + ".new";
  std::ofstream(unfinished) << address << "\n" << std::flush;
  std::error_code failure;
  std::filesystem::rename(unfinished, path, failure);
  if (failure)
    return error{error_code::io_failed, "cannot write the address to " + path + ": " + failure.message()
                                            + "; name a file in a writable folder with " + flag};
  return {};
}

/// Returns once the tree is down: a deployment is before its pools are.
void stop_tree(caf::actor_system& system, const supervisor_actor& root) {
  caf::scoped_actor self(system);
  self->monitor(root);
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {});
}

int fail(const error& why) {
  std::fprintf(stderr, "error: %s\n", why.message.c_str());
  return 1;
}

caf::actor_system_config& configure(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", actor_threads);
  config.set("scheduler.max-throughput", std::size_t{100});
  return config;
}

std::vector<std::unique_ptr<kj_loop>> make_loops(std::size_t count, event_hub& events, const clock& time) {
  std::vector<std::unique_ptr<kj_loop>> loops;
  for (std::size_t i = 0; i < count; ++i)
    loops.push_back(std::make_unique<kj_loop>("gateway " + std::to_string(i), debug_complaints(events, time)));
  return loops;
}

/// Checked options have no level that isn't one.
void set_levels(log_levels& levels, const node_options& options) {
  [[maybe_unused]] auto set = levels.set("", options.log_level);
  for (const auto& [origin, level] : options.log_actors)
    set = levels.set(origin, level);
}

template <class Loop>
std::vector<Loop*> pointers_to(const std::vector<std::unique_ptr<kj_loop>>& loops) {
  std::vector<Loop*> pointers;
  for (const auto& loop : loops)
    pointers.push_back(loop.get());
  return pointers;
}

/// The calling thread goes behind those that serve requests, for the processors and for the disk.
void yield_to_requests() {
  constexpr int least = 19;
  constexpr int io_best_effort_least = (2 << 13) | 7; // see ioprio_set(2), which glibc doesn't wrap
  constexpr int io_of_process = 1;
  ::setpriority(PRIO_PROCESS, 0, least);
  ::syscall(SYS_ioprio_set, io_of_process, 0, io_best_effort_least);
}

machine_resources machine_of(const node_options& options, const std::optional<cluster_identity>& cluster) {
  return {std::max(1U, std::thread::hardware_concurrency()), memory_of_machine().total_bytes,
          cluster ? cluster->self.labels : options.labels.value_or(label_map())};
}

member_news news_of(const cluster_identity& cluster) {
  member_news news;
  news.id = cluster.self.node_id;
  news.name = cluster.self.name;
  news.address = cluster.self.address;
  news.labels = cluster.self.labels;
  news.software_version = TROUPE_VERSION;
  return news;
}

/// How busy this machine is, as other nodes hear it.
/// Bytes that may still be written there; of a folder that can't be asked, as if all could.
std::uint64_t free_bytes_of(const std::filesystem::path& folder) {
  std::error_code failure;
  auto space = std::filesystem::space(folder, failure);
  return failure ? UINT64_MAX : space.available;
}

std::function<node_load()> load_of(const actor_environment& environment, const std::filesystem::path& folder,
                                   std::uint64_t disk_reserve) {
  auto processors = std::make_shared<processor_meter>();
  return [&environment, processors, folder, disk_reserve] {
    auto memory = memory_of_machine();
    node_load load;
    load.cpu_busy = processors->read(environment.time.now());
    load.cores = environment.machine.cores;
    load.memory_total_bytes = memory.total_bytes;
    load.memory_free_bytes = memory.total_bytes - std::min(memory.total_bytes, memory.used_bytes);
    for (const auto& each : environment.routes.pools()) {
      auto count = each->count();
      load.queued_requests += count.queued_requests;
      load.replicas += count.runners;
    }
    load.disk_full = free_bytes_of(folder) < disk_reserve;
    return load;
  };
}

suspicion_options watching_of(const membership_times& times) {
  suspicion_options watching;
  watching.probe_interval = times.probe_interval;
  watching.probe_timeout = times.probe_timeout;
  watching.indirect_timeout = times.indirect_timeout;
  watching.dead_after = times.dead_after;
  watching.revive_interval = times.revive_interval;
  return watching;
}

/// What a leader that was replaced has in its state, for people to compare: what is newer than the new leader's backup is in nobody's state any more.
std::vector<std::pair<std::string, std::string>> told_of_state(const state_store& state, const leadership& other) {
  std::vector<std::pair<std::string, std::string>> fields{{"leader", other.leader_id}, {"epoch", std::to_string(other.epoch)}};
  auto deployments = state.deployments();
  if (!deployments)
    return fields;
  std::optional<version_record> newest;
  for (const auto& deployment : *deployments)
    if (auto versions = state.versions(deployment.name))
      for (auto& version : *versions)
        if (!newest || version.created > newest->created)
          newest = std::move(version);
  fields.emplace_back("deployments", std::to_string(deployments->size()));
  if (newest) {
    fields.emplace_back("newest", to_string(newest->id));
    fields.emplace_back("newest_made", utc_text(newest->created));
  }
  fields.emplace_back(
      "kept", "what changed here since the new leader's backup isn't in the cluster's state; it stays in this data folder");
  return fields;
}

cluster_options cluster_of(const actor_environment& environment, const cluster_identity& cluster, node_storage& storage,
                           const node_options& options) {
  return {cluster.leads(),
          {environment.time, environment.events, storage.cluster, cluster.self.node_id, options.certificate_lifetime,
           registrar_options::default_user_lifetime, &environment.actors},
          {environment, news_of(cluster), cluster.known, watching_of(options.membership),
           load_of(environment, storage.folder.path(), options.disk_reserve)}};
}

/// Of a cluster's state only its leader's backup tells.
std::function<result<void>()> backs_up_what_it_leads(const actor_environment& environment) {
  return [&environment]() -> result<void> {
    auto lead = environment.lead.get();
    if (environment.network == nullptr || lead.leader_id == environment.node_id)
      return {};
    auto leader = environment.network->peers.find(lead.leader_id);
    return error{error_code::failed_precondition,
                 "node " + environment.node_name
                     + " doesn't lead the cluster, so the deployments aren't in its state: back up the leader, " + leader->name()
                     + " (" + leader->address() + "), with --node"};
  };
}

root_options root_of(const actor_environment& environment, node_storage& storage, const std::optional<cluster_identity>& cluster,
                     const node_options& with) {
  root_options options{
      environment, {environment.time, storage.state, storage.blobs, storage.kept}, {environment.time, storage.log}};
  backup_source source{storage.folder, *storage.records, storage.identity.node_id, TROUPE_VERSION};
  options.archivist.emplace(archivist_options{environment.time, environment.events, std::move(source), yield_to_requests,
                                              backs_up_what_it_leads(environment)});
  options.detach = true;
  if (cluster)
    options.cluster.emplace(cluster_of(environment, *cluster, storage, with));
  return options;
}

/// Everything a node is made of, in the order in which it is made; taken down in reverse, after `stop`.
class running_node {
public:
  running_node(const node_options& options, const clock& time, node_storage& storage, log_levels& levels,
               const service_notifier& manager, node_doors doors, std::optional<cluster_identity> cluster);

  /// Returns once the whole tree is up, the HTTP door is open and the address files are written: clients that are let in before would only hear
  /// `unavailable`.
  result<void> start();
  void serve_until(stop_signals& asked, steady_time started);
  /// Takes nothing new, finishes what it has, and stops all threads.
  void stop();
  /// Whether the tree gave up by itself.
  bool failed() const { return root_failed_; }

private:
  const std::string& address() const { return server_.address(); }
  client_gate* gate_of(const listener& door) const { return door.loopback ? nullptr : gate_.get(); }
  std::string http_address() const { return http_server_ ? http_server_->address() : ""; }
  supervisor_actor start_tree();
  /// Other nodes send nothing more once it returns.
  void leave_cluster();
  /// For who started it.
  std::string why_replaced() const;
  result<void> await_tree();
  void emit(const char* name, std::vector<std::pair<std::string, std::string>> fields);
  std::vector<watchdog::post> all_loops();
  /// Any thread.
  result<void> follow(const leadership& other);
  void step_down(const leadership& other);
  /// Ends the node as a signal would, but not well: whoever watches the process starts it again.
  void give_up();

  const node_options& options_;
  const clock& time_;
  node_storage& storage_;
  const service_notifier& manager_;
  directory actors_;
  log_levels& levels_;
  rollout_tally rollouts_;
  event_hub events_;
  routing_cell routes_;
  host_watch watch_;
  gateway_options gateway_;
  std::vector<std::unique_ptr<kj_loop>> loops_;
  std::optional<cluster_identity> cluster_;
  std::unique_ptr<cluster_links> links_;
  process_hosts hosts_;
  seed_source seeds_;
  actor_environment environment_;
  caf::actor_system_config config_;
  std::atomic<bool> replaced_{false}; ///< as leader
  std::atomic<bool> root_failed_{false};
  std::mutex following_;
  caf::actor_system system_;
  supervisor_actor root_;
  drain_gate drain_;
  client_count clients_;
  control_backend control_;
  metrics_reader metrics_;
  gateway_view view_;
  const std::string insecure_doors_;  ///< "": there are none
  std::unique_ptr<client_gate> gate_; ///< null: no other machine reaches a door
  rpc_server server_;
  std::optional<listener> http_door_;
  std::optional<http_server> http_server_;
  std::unique_ptr<cluster_services> services_;
  std::optional<watchdog> watchdog_;
};

running_node::running_node(const node_options& options, const clock& time, node_storage& storage, log_levels& levels,
                           const service_notifier& manager, node_doors doors, std::optional<cluster_identity> cluster)
  : options_(options), time_(time), storage_(storage), manager_(manager), levels_(levels),
    events_(options.log_format, levels_, actors_, rollouts_), watch_(time), gateway_(gateway_of(options)),
    loops_(make_loops(loop_count(options), events_, time)), cluster_(std::move(cluster)),
    links_(cluster_ ? std::make_unique<cluster_links>(*cluster_, pointers_to<kj_loop>(loops_), time, events_, gateway_)
                    : nullptr),
    hosts_({options.host_binary.empty() ? host_program() : options.host_binary, pointers_to<event_loop>(loops_), time, watch_,
            events_}),
    seeds_(true_random()), environment_{time,
                                        events_,
                                        seeds_,
                                        hosts_,
                                        routes_,
                                        actors_,
                                        {},
                                        options.checks_max,
                                        options.fetches_max,
                                        storage.identity.node_id,
                                        cluster_ ? cluster_->self.name : node_name(options),
                                        {},
                                        machine_of(options, cluster_),
                                        links_ ? &links_->network() : nullptr,
                                        {}},
    system_(configure(config_)), root_(start_tree()), clients_(gateway_.connections_max),
    control_{system_,        actors_,
             time,           environment_.node_name,
             TROUPE_VERSION, options.http_name,
             time.now(),     drain_,
             levels_,        cluster_ ? &environment_.lead : nullptr},
    metrics_({routes_, control_, clients_, rollouts_, pointers_to<kj_loop>(loops_)}), view_{routes_, time, control_, metrics_},
    insecure_doors_(options.insecure_listen ? doors.beyond() : ""),
    gate_(make_gate(doors, options, gateway_, pointers_to<kj_loop>(loops_), links_ ? &links_->identity() : nullptr,
                    environment_.revoked, time, events_)),
    server_(pointers_to<kj_loop>(loops_), std::move(doors.rpc), view_, gateway_, clients_, gate_of(doors.rpc)),
    http_door_(std::move(doors.http)) {
  watch_.add_ticker([this](steady_time now) {
    for (const auto& each : routes_.pools())
      each->expire(now);
    for (const auto& target : routes_.targets())
      target->expire(now);
  });
  // A root that gives up ends the node as a signal would, so that whoever watches the process starts it again.
  caf::actor_cast<caf::actor>(root_)->attach_functor([this](const caf::error& reason) {
    if (!is_normal_exit(reason))
      give_up();
  });
}

supervisor_actor running_node::start_tree() {
  environment_.memory_of = memory_of;
  if (may_end_idling())
    environment_.set_idle = set_idle;
  if (cluster_) {
    environment_.lead.set(cluster_->record.lead);
    environment_.follow = [this](const leadership& other) { return follow(other); };
    links_->follow_by(environment_);
  }
  return start_root(system_, root_of(environment_, storage_, cluster_, options_));
}

result<void> running_node::follow(const leadership& other) {
  std::lock_guard one_at_a_time(following_);
  auto now = environment_.lead.get();
  if (other.epoch == now.epoch && other.leader_id == now.leader_id)
    return {};
  if (auto kept = save_leadership(storage_.cluster, other); !kept)
    return kept;
  environment_.lead.set(other);
  emit("leader_changed", {{"leader", other.leader_id}, {"epoch", std::to_string(other.epoch)}});
  if (cluster_->leads())
    step_down(other);
  return {};
}

/// Another node leads, with the state of a backup. What this one has besides is said, and stays on its disk; what it were told from now on would be lost.
void running_node::step_down(const leadership& other) {
  error replaced{error_code::failed_precondition,
                 "this node was replaced as leader; nothing was changed: ask again once it follows, or ask another node"};
  replaced_ = true;
  storage_.state.close(replaced);
  storage_.cluster.close(replaced);
  events_.emit({time_.wall_now(), severity::error, "leader_replaced", told_of_state(storage_.state, other), "node"});
  give_up(); // it comes back as one that follows
}

void running_node::give_up() {
  if (!root_failed_.exchange(true)) // a second signal would end it at once
    ::kill(::getpid(), SIGTERM);
}

result<void> running_node::start() {
  if (cluster_)
    services_ = std::make_unique<cluster_services>(*cluster_, *links_, pointers_to<kj_loop>(loops_), system_, actors_, routes_,
                                                   time_, events_, gateway_, drain_, storage_.cluster, environment_.lead,
                                                   client_addresses{address(), http_door_ ? http_door_->address : ""});
  if (auto up = await_tree(); !up)
    return up;
  if (services_)
    services_->keep_found(options_);
  if (http_door_)
    http_server_.emplace(pointers_to<kj_loop>(loops_), std::move(*http_door_), view_, gateway_, clients_, gate_of(*http_door_));
  if (auto written = write_address_file(options_.http_address_file, http_address(), "--http-address-file"); !written)
    return written;
  return write_address_file(options_.address_file, address(), "--address-file");
}

result<void> running_node::await_tree() {
  caf::scoped_actor self(system_);
  auto until = time_.now() + tree_patience;
  for (;;) {
    bool again = false;
    result<void> up;
    self->request(root_, start_look, await_ready{})
        .receive([](ready) {},
                 [&](const caf::error& why) {
                   again = why == caf::sec::request_timeout && time_.now() < until;
                   up = to_error(why);
                 });
    if (root_failed_) // a leader that finds itself replaced has nothing to wait for
      return error{error_code::failed_precondition,
                   replaced_ ? why_replaced() : "the node gave up while it started; its log says why"};
    if (!again)
      return up;
  }
}

std::string running_node::why_replaced() const {
  std::string text = "another node leads this cluster now: this one was replaced as leader; ";
  auto refusal = environment_.lead.refusal();
  return text + (refusal.empty() ? "start it again, and it follows" : refusal);
}

std::vector<watchdog::post> running_node::all_loops() {
  std::vector<watchdog::post> all;
  for (auto& loop : loops_)
    all.emplace_back([&loop = *loop](std::function<void()> task) { loop.post(std::move(task)); });
  all.emplace_back([this](std::function<void()> task) { watch_.post(std::move(task)); });
  all.emplace_back([this](std::function<void()> task) { system_.spawn([task](caf::event_based_actor*) { task(); }); });
  return all;
}

void running_node::serve_until(stop_signals& asked, steady_time started) {
  emit("node_serves", {{"address", address()},
                       {"http", http_address()},
                       {"cluster", services_ ? services_->address() : ""},
                       {"data", options_.data_folder},
                       {"node", storage_.identity.node_id},
                       {"after_ms", std::to_string((time_.now() - started) / 1ms)}});
  if (cluster_ && !cluster_->first_token.empty())
    emit("admin_token_written",
         {{"file", cluster_->first_token},
          {"use", "troupe login " + services_->address() + " --token $(cat " + cluster_->first_token + ")"}});
  if (!insecure_doors_.empty())
    keep_warning_of(insecure_doors_, *loops_.front(), time_, events_);
  watchdog_.emplace(manager_, all_loops());
  manager_.ready(address());
  auto signal = asked.await();
  manager_.stopping(options_.drain_timeout + end_patience);
  emit("node_stops", {{"signal", std::to_string(signal)}});
}

void running_node::leave_cluster() {
  auto membership = actors_.membership.get();
  if (!membership)
    return;
  caf::scoped_actor self(system_);
  self->request(membership, leave_patience, troupe::leave_cluster{}).receive([](done) {}, [](const caf::error&) {});
}

void running_node::stop() {
  leave_cluster();
  auto until = time_.now() + options_.drain_timeout;
  server_.stop_accepting();
  if (services_)
    services_->stop_accepting();
  if (http_server_)
    http_server_->stop_accepting();
  auto doors_quiet = [this] { return (!http_server_ || http_server_->quiet()) && (!services_ || services_->quiet()); };
  if (!drain(drain_, routes_, pointers_to<kj_loop>(loops_), time_, options_.drain_timeout, doors_quiet))
    events_.emit(
        {time_.wall_now(), severity::warn, "drain_cut_short", {{"after", human_duration(options_.drain_timeout)}}, "node"});
  stop_tree(system_, root_);
  await_a_turn(pointers_to<kj_loop>(loops_)); // what was still running then has an answer too
  auto patience = std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(until - time_.now()));
  server_.leave_clients(patience);
  await([this] { return server_.empty(); }, time_, time_.now() + patience + clients_slack);
  watchdog_.reset();
  for (auto& loop : loops_)
    loop->stop();
  if (links_)
    links_->loop().stop();
  // What was still asked is taken back with its connection: whoever waits for a version would wait for it longer than there are actors that could tell.
  system_.registry().await_running_count_equal(0);
  root_ = supervisor_actor();
  actors_.clear();
}

void running_node::emit(const char* name, std::vector<std::pair<std::string, std::string>> fields) {
  events_.emit({time_.wall_now(), severity::info, name, std::move(fields), "node"});
}

} // namespace

int run_node(const node_options& options) {
  prepare_process();
  stop_signals stop;
  auto manager = service_notifier::from_environment();
  real_clock time;
  auto started = time.now();
  auto doors = open_doors(options);
  if (!doors)
    return fail(doors.failure());
  auto storage = open_storage(options, time);
  if (!storage)
    return fail(storage.failure());
  manager.starting(tree_patience);
  auto cluster = [&] {
    stop_signals::as_usual while_it_waits_for_others(stop);
    return set_up_cluster(options, **storage, node_name(options), time);
  }();
  if (!cluster)
    return fail(cluster.failure());
  if (auto safe = check_doors(*doors, options, cluster->has_value()); !safe)
    return fail(safe.failure());
  log_levels levels;
  set_levels(levels, options);
  running_node node(options, time, **storage, levels, manager, std::move(*doors), std::move(*cluster));
  auto up = node.start();
  if (up)
    node.serve_until(stop, started);
  node.stop();
  if (!up)
    return fail(up.failure());
  return node.failed() ? 1 : 0;
}

} // namespace troupe
