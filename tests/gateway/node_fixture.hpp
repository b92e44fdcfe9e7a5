#pragma once

#include "actors/root.hpp"
#include "runtime/gateway/rpc_server.hpp"
#include "storage/memory_store.hpp"
#include "tests/storage/temporary_folder.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/spread_of.hpp"

#include <boost/test/unit_test.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

/// The first value of a request that the runner treats in its own way. Below 100: that error code; anything else comes back as it is.
inline constexpr float held = 101;
inline constexpr float crashes = 102;

/// A model that gives its input back, on whichever thread calls.
class echo_runner final : public batch_runner {
public:
  explicit echo_runner(std::shared_ptr<pool> target) : target_(target) {}

  void start(batch work) override {
    auto target = target_.lock();
    for (auto& request : work.requests)
      treat(*target, std::move(request));
    target->release(this);
  }

  /// Lets go of the requests that were held; each holds the pool. Nothing may be under way.
  void let_go() {
    for (auto& request : std::exchange(held_, {}))
      refuse(std::move(request), {error_code::unavailable, "the test is over"});
  }

private:
  void treat(pool& target, request_ptr request) {
    float first = 0;
    std::memcpy(&first, request->inputs[0].data, sizeof first); // binary tensors stand anywhere
    if (first == held) {
      held_.push_back(std::move(request));
    } else if (first == crashes) {
      batch dead;
      dead.requests.push_back(std::move(request));
      target.fail(std::move(dead), "signal:11");
    } else if (first >= 1 && first < 100) {
      refuse(std::move(request), {static_cast<error_code>(first), "as told"});
    } else {
      auto outputs = request->inputs;
      answer(std::move(request), outputs);
    }
  }

  std::weak_ptr<pool> target_;
  std::vector<request_ptr> held_;
};

/// No model ever loads.
class no_hosts final : public host_supply {
public:
  std::atomic<bool> hang{false};

  std::unique_ptr<load_handle> load(const version_id&, const model_spec&, int model_fd, template_events events) override {
    unique_fd model(model_fd);
    if (!hang)
      events.ready(error{error_code::invalid_argument, "not a TorchScript file"});
    return nullptr;
  }
};

inline gateway_options small_limits() {
  gateway_options options;
  options.message_bytes_max = 1 << 20;
  options.chunk_bytes_max = 1 << 10;
  options.artifact_bytes_max = 1 << 16;
  options.default_deadline = std::chrono::hours(1); // no request fails because of it
  options.connections_max = 1100;
  return options;
}

/// All of a node but its doors: the whole tree of actors over a store in memory, and one deployment, "echo", version 3.
struct node_fixture {
  test::temporary_folder folder;
  real_clock time;
  collected_events events;
  directory actors;
  routing_cell routes;
  drain_gate drain;
  log_levels levels;
  no_hosts hosts;
  seed_source seeds{1};
  memory_store records;
  state_store state{records};
  assignment_store kept{records};
  data_folder data = data_folder::open(folder.path()).value();
  blob_store blobs = blob_store::open(data, 1 << 16).value();
  log_store log = log_store::open(records, 1000).value();
  actor_environment node{time, events, seeds, hosts, routes, actors};
  std::vector<std::unique_ptr<kj_loop>> loops = make_loops();
  caf::actor_system_config config;
  caf::actor_system system{config};
  supervisor_actor root;
  std::shared_ptr<pool> echo;
  std::shared_ptr<echo_runner> runner;
  const gateway_options options;
  client_count clients{options.connections_max};
  rollout_tally rollouts;
  control_backend control{system, actors, time, "node-1", "1.0", "troupe", time.now(), drain, levels};
  metrics_reader metrics{{routes, control, clients, rollouts, loop_pointers()}};

  explicit node_fixture(const gateway_options& given) : options(given) {
    root = start_root(system, {node, {time, state, blobs, kept}, {time, log}, false});
    await_catalog();
    open_echo();
  }

  /// Ends everything; to be called while the doors still live.
  void stop() {
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    echo->close(true);
    runner->let_go();
    for (auto& loop : loops)
      loop->stop();
  }

  std::vector<kj_loop*> loop_pointers() const { return {loops[0].get(), loops[1].get()}; }
  gateway_view view() { return {routes, time, control, metrics}; }

  static std::vector<std::unique_ptr<kj_loop>> make_loops() {
    std::vector<std::unique_ptr<kj_loop>> made;
    for (int i = 0; i < 2; ++i)
      made.push_back(std::make_unique<kj_loop>("loop", [](const std::string&) {}));
    return made;
  }
  /// From then on nobody clears the table of routes that no deployment has.
  void await_catalog() {
    BOOST_REQUIRE(eventually([this] { return static_cast<bool>(actors.catalog.get()); }));
    bool is_ready = false;
    caf::scoped_actor asker(system);
    asker->request(actors.catalog.get(), std::chrono::seconds(10), await_ready{})
        .receive([&](ready) { is_ready = true; }, [](const caf::error&) {});
    BOOST_REQUIRE(is_ready);
    // The leader's first assignment makes the table anew: of no deployments, so it must not come after ours.
    BOOST_REQUIRE(eventually([this] { return routes.revision() > 0; }));
  }
  void open_echo() {
    model_spec spec;
    spec.inputs = {{"x", datatype::fp32, {-1, -1}}};
    spec.outputs = {{"y", datatype::fp32, {-1, -1}}};
    spec.max_batch = 4;
    spec.queue_rows_max = 8;
    echo = std::make_shared<pool>(version_id{"echo", 3}, spec, time, events);
    runner = std::make_shared<echo_runner>(echo);
    echo->attach(runner);
    routes.enlist(echo);
    route_echo_to(echo, 3);
  }
  /// From now on the deployment's requests go there; null: it can't answer, because of `why_not`.
  void route_echo_to(const std::shared_ptr<pool>& target, version_number version, error why_not = {}) {
    routing_table table;
    table["echo"] = {{"echo", version}, target == nullptr ? nullptr : spread_of(target, time), std::move(why_not)};
    routes.publish(std::make_shared<routing_table>(std::move(table)));
  }
};

/// A model.toml.
inline constexpr const char* small_toml = R"(
max_batch = 4
[[inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 2]
[[outputs]]
name = "y"
datatype = "FP32"
shape = [-1, 2]
)";

} // namespace troupe
