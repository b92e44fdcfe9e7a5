#include "runtime/node/node.hpp"

#include "actors/errors.hpp"
#include "actors/root.hpp"
#include "runtime/gateway/rpc_server.hpp"
#include "runtime/node/event_hub.hpp"
#include "runtime/serving/host_watch.hpp"
#include "runtime/serving/process_hosts.hpp"
#include "storage/data_folder.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_format.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <random>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// Requests that were accepted may finish for so long after SIGTERM.
constexpr auto drain_patience = 10s;
/// The tree's parts have deadlines of their own, all shorter.
constexpr auto tree_patience = 10min;
/// Threads of the actor system: it is the control plane, not the path of a request.
constexpr std::size_t actor_threads = 2;

/// What lies under the data folder, opened in order.
struct node_storage {
  data_folder folder;
  std::unique_ptr<store> records;
  node_record identity;
  state_store state;
  blob_store blobs;
  log_store log;
};

std::uint64_t true_random() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

std::string random_hex() {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(true_random()),
                static_cast<unsigned long long>(true_random()));
  return text;
}

result<std::unique_ptr<node_storage>> open_storage(const node_options& options, const clock& time) {
  auto folder = data_folder::open(options.data_folder);
  if (!folder)
    return folder.failure();
  auto records = open_rocks_store(*folder);
  if (!records)
    return records.failure();
  auto identity = check_store_format(**records, random_hex(), time.wall_now());
  if (!identity)
    return identity.failure();
  auto blobs = blob_store::open(*folder, options.artifact_bytes_max);
  if (!blobs)
    return blobs.failure();
  auto log = log_store::open(**records, options.events_max);
  if (!log)
    return log.failure();
  auto& store = **records;
  return std::unique_ptr<node_storage>(new node_storage{std::move(*folder), std::move(*records), std::move(*identity),
                                                        state_store(store), std::move(*blobs), std::move(*log)});
}

std::string host_binary(const node_options& options) {
  if (!options.host_binary.empty())
    return options.host_binary;
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "troupe-host").string();
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
  gateway.artifact_bytes_max = options.artifact_bytes_max;
  gateway.chunk_bytes_max = options.chunk_bytes_max;
  gateway.default_deadline = options.default_deadline;
  gateway.connections_max = options.connections_max;
  return gateway;
}

/// A small node stays small: few allocator arenas, and enough descriptors for clients and hosts.
void prepare_process() {
  ::mallopt(M_ARENA_MAX, 2);
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

sigset_t block_stop_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return stop;
}

/// Whoever waits for the file finds it whole.
result<void> write_address_file(const std::string& path, const std::string& address) {
  auto unfinished = path + ".new";
  std::ofstream(unfinished) << address << "\n" << std::flush;
  std::error_code failure;
  std::filesystem::rename(unfinished, path, failure);
  if (failure)
    return error{error_code::io_failed, "cannot write the address to " + path + ": " + failure.message()
                                            + "; name a file in a writable folder with --address-file"};
  return {};
}

void wait_until_quiet(const routing_cell& routes, const clock& time) {
  auto until = time.now() + drain_patience;
  auto quiet = [&routes] {
    auto pools = routes.pools();
    return std::all_of(pools.begin(), pools.end(), [](const auto& target) { return target->quiet(); });
  };
  while (!quiet() && time.now() < until)
    std::this_thread::sleep_for(5ms);
}

/// Clients that are let in before the whole tree is up would only hear `unavailable`.
result<void> await_tree(caf::actor_system& system, const supervisor_actor& root) {
  caf::scoped_actor self(system);
  result<void> up;
  self->request(root, tree_patience, await_ready{}).receive([](ready) {}, [&up](const caf::error& why) { up = to_error(why); });
  return up;
}

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

} // namespace

int run_node(const node_options& options) {
  prepare_process();
  auto stop = block_stop_signals();
  real_clock time;
  auto started = time.now();
  auto door = listen_on(options.listen);
  if (!door)
    return fail(door.failure());
  auto storage = open_storage(options, time);
  if (!storage)
    return fail(storage.failure());

  auto log = make_log(options.log_level, options.log_format);
  directory actors;
  event_hub events(log, actors);
  routing_cell routes;
  host_watch watch(time);
  watch.add_ticker([&routes](steady_time now) {
    for (const auto& target : routes.pools())
      target->expire(now);
  });
  std::vector<std::unique_ptr<kj_loop>> loops;
  std::vector<kj_loop*> gateway_loops;
  std::vector<event_loop*> reply_loops;
  for (std::size_t i = 0; i < loop_count(options); ++i) {
    loops.push_back(std::make_unique<kj_loop>("gateway " + std::to_string(i), [&events](const std::string& text) { events.complain(text); }));
    gateway_loops.push_back(loops.back().get());
    reply_loops.push_back(loops.back().get());
  }
  process_hosts hosts({host_binary(options), reply_loops, time, watch, events});
  seed_source seeds(true_random());
  actor_environment node{time, events, seeds, hosts, routes, actors};

  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", actor_threads);
  config.set("scheduler.max-throughput", std::size_t{100});
  caf::actor_system system(config);
  auto root = start_root(system, {node, {time, (*storage)->state, (*storage)->blobs}, {time, (*storage)->log}, true});

  // A root that gives up ends the node as a signal would, so that whoever watches the process starts it again.
  std::atomic<bool> root_failed{false};
  caf::actor_cast<caf::actor>(root)->attach_functor([&root_failed](const caf::error& reason) {
    root_failed = !is_normal_exit(reason);
    ::kill(::getpid(), SIGTERM);
  });
  auto up = await_tree(system, root);
  auto address = door->address;
  auto gateway = gateway_of(options);
  rpc_server server(gateway_loops, std::move(*door), {routes, time, {system, actors, time, node_name(options), TROUPE_VERSION, started}}, gateway);
  if (up && !options.address_file.empty())
    up = write_address_file(options.address_file, address);
  if (up) {
    events.emit({time.wall_now(), severity::info, "node_serves",
                 {{"address", address},
                  {"data", options.data_folder},
                  {"node", (*storage)->identity.node_id},
                  {"after_ms", std::to_string((time.now() - started) / 1ms)}}});
    int signal = 0;
    ::sigwait(&stop, &signal);
    events.emit({time.wall_now(), severity::info, "node_stops", {{"signal", std::to_string(signal)}}});
  }
  server.stop_accepting();
  wait_until_quiet(routes, time);
  stop_tree(system, root);
  for (auto& loop : loops)
    loop->stop();
  actors.clear();
  if (!up)
    return fail(up.failure());
  return root_failed ? 1 : 0;
}

} // namespace troupe
