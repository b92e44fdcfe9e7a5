#include "tests/bench/comparison.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"

#include <thread>

namespace troupe::bench {

namespace {

constexpr std::uint32_t connections = 64;
const shape one_float{1};
const shape image{784};

load_plan plan_for(lab& room, const node_server& node, const std::string& model, const shape& row) {
  load_plan plan{node.http_address(), model, one_row(row), connections, room.span(), node.pid(), 0};
  plan.http = tensor_form::binary;
  return plan;
}

/// The plan's load against the same on a server with nothing behind it, whose answers have the same size.
paired_figures against_echo(lab& room, const load_plan& ours) {
  http_floor_server floor(room, size_of_answer(ours));
  auto theirs = ours;
  theirs.address = floor.address();
  theirs.server = floor.pid();
  return alternate(theirs, ours, room.rounds());
}

double p50(const load_figures& load) {
  return load.p50_us;
}

/// Of a model that is deployed under its own name, asked by one client.
paired_figures lone_client(lab& room, const std::string& model, const shape& row) {
  node_server node(room);
  node.deploy(model, model);
  auto plan = plan_for(room, node, model, row);
  plan.concurrency = 1;
  return against_echo(room, plan);
}

} // namespace

findings measure_http_lone(lab& room) {
  one_core pinned;
  return {at_most("HTTP, no-op, 1 connection, all on one core: p50", 2.5, lone_client(room, "noop", one_float), p50)};
}

findings measure_http_flight(lab& room) {
  node_server node(room);
  node.deploy("noop", "noop");
  auto pairs = against_echo(room, plan_for(room, node, "noop", one_float));
  return {rate_at_least("HTTP, no-op, 64 connections: requests", 0.6, pairs),
          at_most("HTTP, no-op, 64 connections: server's CPU a request", 1.8, pairs,
                  [](const load_figures& load) { return load.server_cpu_us; })};
}

findings measure_http_mlp(lab& room) {
  node_server node(room);
  node.deploy("mlp", "mlp");
  auto binary = plan_for(room, node, "mlp", image);
  auto json = binary;
  json.http = tensor_form::json;
  return {rate_at_least("HTTP, MLP 784-256-10, 64 connections: requests", 0.7, against_echo(room, binary)),
          rate_at_least("HTTP, the same in JSON (784 floats; floor: the same in binary)", 0.5,
                        alternate(binary, json, room.rounds()))};
}

findings measure_http_overload(lab& room) {
  constexpr double times_capacity = 2;
  constexpr std::chrono::milliseconds deadline{100};
  constexpr double goodput_goal = 0.9;
  constexpr std::uint32_t connections_max = 512; // more than wait at once
  node_server node(room);
  node.deploy("wide", "wide");
  auto closed = plan_for(room, node, "wide", image);
  paired_figures pairs;
  std::uint64_t refused = 0;
  for (int i = 0; i < room.rounds(); ++i) {
    pairs.floor.push_back(measure_load(closed));
    auto open = closed;
    open.concurrency = connections_max;
    open.deadline = deadline;
    open.span *= 2;
    open.rate = load_rate{times_capacity * pairs.floor.back().requests_per_second, arrivals::poisson, 1};
    pairs.ours.push_back(measure_load(open));
    refused += pairs.ours.back().failed;
  }
  auto p99 = median_of(pairs.ours, [](const load_figures& load) { return load.p99_us; });
  auto limit = static_cast<double>(std::chrono::microseconds(deadline).count());
  return {rate_at_least("HTTP, 2 × capacity offered, deadlines 100 ms: answered (floor: capacity; " + std::to_string(refused)
                            + " refused)",
                        goodput_goal, pairs),
          {"HTTP, 2 × capacity offered, deadlines 100 ms: p99 of what was answered", "≤ " + micros(limit), micros(p99), "", "",
           p99 <= limit}};
}

findings measure_http_cache(lab& room) {
  one_core pinned;
  return {at_most("HTTP, answer from the cache (784 floats), 1 connection, all on one core: p50", 1.3,
                  lone_client(room, "cached", image), p50)};
}

findings measure_http_loops(lab& room) {
  constexpr double goal =
      0.7; // a second loop pays where cores are free for it; on two cores it takes them from the client and the host
  node_server one(room, 1);
  one.deploy("noop", "noop");
  node_server two(room, 2);
  two.deploy("noop", "noop");
  auto pairs = alternate(plan_for(room, one, "noop", one_float), plan_for(room, two, "noop", one_float), room.rounds());
  auto cores = std::to_string(std::thread::hardware_concurrency());
  return {rate_at_least("HTTP, no-op, 64 connections: two gateway loops on " + cores + " cores (floor: one)", goal, pairs)};
}

} // namespace troupe::bench
