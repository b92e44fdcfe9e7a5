#include "tests/bench/bare_tls.hpp"
#include "tests/bench/comparison.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"

#include <stdexcept>

namespace troupe::bench {

namespace {

constexpr std::uint32_t in_flight = 64;

/// A node lets clients in before all of it has started.
std::string token_of(const node_server& node) {
  std::string told;
  await("the founder makes a token", [&] {
    try {
      told = node.tell({"token", "create"});
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  return told.substr(0, told.find('\n'));
}

std::string local(unsigned port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// The flags of a node that joins by the port.
std::vector<std::string> joining_by(unsigned port, const node_server& founder) {
  return {"--name", "asked", "--cluster", local(free_port()), "--join", local(port), "--token", token_of(founder)};
}

/// A cluster of two: a model's only replica is on the first one, the second one is asked for it.
struct two_nodes {
  explicit two_nodes(lab& room_)
    : room(room_), port(free_port()), has_it(room, 0, {"--name", "has-it", "--cluster", local(port), "--label", "bench=here"}),
      is_asked(room, 0, joining_by(port, has_it)) {}

  /// Deploys the model, and returns once the node that is asked knows where to forward. CPU times: `server` is that node, `host` the one that has the
  /// replica.
  load_plan forwarded(const std::string& model, const shape& row, std::uint32_t concurrency) {
    has_it.deploy_folder(model, room.model_folder(model), 1, {"--on", "bench=here"});
    load_plan plan{is_asked.address(), model, one_row(row), concurrency, room.span(), is_asked.pid(), has_it.pid()};
    await_route(plan);
    return plan;
  }
  load_plan straight(const std::string& model, const shape& row, std::uint32_t concurrency) const {
    return {has_it.address(), model, one_row(row), concurrency, room.span(), has_it.pid(), 0};
  }
  void await_route(const load_plan& plan) const {
    auto brief = plan;
    brief.span = std::chrono::milliseconds(50);
    await("node 'asked' forwards", [&] {
      try {
        return measure_load(brief).failed == 0;
      } catch (const std::runtime_error&) {
        return false;
      }
    });
  }

  lab& room;
  unsigned port;
  node_server has_it;
  node_server is_asked;
};

} // namespace

findings measure_forward_lone(lab& room) {
  one_core pinned;
  two_nodes nodes(room);
  auto ours = nodes.forwarded("noop", {1}, 1);
  auto pairs = alternate(nodes.straight("noop", {1}, 1), ours, room.rounds());
  return {at_most("no-op through another node, 1 caller, all on one core: p50, against the node itself", 2.5, pairs,
                  [](const load_figures& load) { return load.p50_us; })};
}

findings measure_forward_flight(lab& room) {
  two_nodes nodes(room);
  auto ours = nodes.forwarded("noop", {1}, in_flight);
  constexpr std::uint64_t bytes_out = 4;
  floor_server bare(room, bytes_out);
  load_plan call{bare.address(), "noop", one_row({1}), in_flight, room.span(), bare.pid(), 0};
  paired_figures pairs = alternate(nodes.straight("noop", {1}, in_flight), ours, room.rounds());
  auto both_ends = alternate(call, ours, room.rounds());
  for (auto& each : both_ends.floor) // of a bare call: server and client
    each.server_cpu_us += each.client_cpu_us;
  return {rate_at_least("no-op through another node, 64 in flight: requests, against the node itself", 0.5, pairs),
          at_most("no-op through another node, 64 in flight: both nodes' CPU a request, against both ends of a bare call", 1.5,
                  both_ends, [](const load_figures& load) { return load.server_cpu_us + load.host_cpu_us; })};
}

findings measure_forward_large(lab& room) {
  constexpr std::uint64_t bytes_in = 600'000;
  constexpr std::uint64_t bytes_out = 4096;
  one_core pinned;
  two_nodes nodes(room);
  auto plan = nodes.forwarded("echo600k", {bytes_in / sizeof(float)}, 1);
  std::vector<double> bare;
  std::vector<double> ours;
  for (int i = 0; i < room.rounds(); ++i) {
    bare.push_back(bare_tls_call_us(room, bytes_in, bytes_out));
    ours.push_back(measure_load(plan).p50_us);
  }
  auto ratio = median(ours) / median(bare);
  return {{"600 KB in, 4 KB out through another node, 1 caller, all on one core: p50, against a bare call over TLS", "≤ 2 ×",
           micros(median(ours)), micros(median(bare)), times(ratio), ratio <= 2}};
}

findings measure_join(lab& room) {
  constexpr double goal_ms = 1000;
  auto port = free_port();
  node_server founder(room, 0, {"--name", "founder", "--cluster", local(port)});
  std::vector<double> samples;
  for (int i = 0; i < room.rounds(); ++i) {
    auto flags = joining_by(port, founder);
    flags[1] += std::to_string(i);
    samples.push_back(static_cast<double>(node_server(room, 0, flags).started_in().count()) / 1e6);
  }
  auto joined = median(std::move(samples));
  return {{"node: start until it has joined a cluster and serves", "< " + number(goal_ms) + " ms", number(joined) + " ms", "", "",
           joined < goal_ms}};
}

} // namespace troupe::bench
