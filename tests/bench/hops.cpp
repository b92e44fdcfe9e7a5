#include "runtime/cli/table.hpp"
#include "tests/bench/bare_channel.hpp"
#include "tests/bench/load_process.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"
#include "tests/bench/torch_loop.hpp"

namespace troupe::bench {

namespace {

constexpr std::uint32_t in_flight = 64;

/// What one way of sending no-op requests costs, in µs a request.
struct hop_figures {
  double client_cpu = 0;
  double node_cpu = 0;
  double host_cpu = 0;
  double floor_cpu = 0;   ///< of a server with nothing behind it
  double channel_cpu = 0; ///< of pool and channel without a gateway
  double compute = 0;     ///< of the model's forward()
  double p50 = 0;
  double floor_p50 = 0;
  double channel_p50 = 0;
};

hop_figures trace(lab& room, std::uint32_t concurrency) {
  node_server node(room);
  node.deploy("noop", "noop");
  floor_server floor(room, sizeof(float));
  auto host = node.replicas("noop").front().pid;
  load_plan ours{node.address(), "noop", one_row({1}), concurrency, room.span(), node.pid(), host};
  load_plan theirs = ours;
  theirs.address = floor.address();
  theirs.server = floor.pid();
  auto pairs = alternate(theirs, ours, room.rounds());
  std::vector<channel_figures> bare;
  for (int i = 0; i < room.rounds(); ++i)
    bare.push_back(run_bare_channel(room, "noop", ours.input, concurrency));

  hop_figures found;
  found.client_cpu = median_of(pairs.ours, [](const load_figures& load) { return load.client_cpu_us; });
  found.node_cpu = median_of(pairs.ours, [](const load_figures& load) { return load.server_cpu_us; });
  found.host_cpu = median_of(pairs.ours, [](const load_figures& load) { return load.host_cpu_us; });
  found.p50 = median_of(pairs.ours, [](const load_figures& load) { return load.p50_us; });
  found.floor_cpu = median_of(pairs.floor, [](const load_figures& load) { return load.server_cpu_us; });
  found.floor_p50 = median_of(pairs.floor, [](const load_figures& load) { return load.p50_us; });
  found.channel_cpu = median_of(bare, [](const channel_figures& run) { return run.node_cpu_us; });
  found.channel_p50 = median_of(bare, [](const channel_figures& run) { return run.p50_us; });
  found.compute = 1e6 / torch_rows_per_second(room, "noop", {1}, concurrency, room.span());
  return found;
}

hop_figures trace_alone(lab& room) {
  one_core pinned;
  return trace(room, 1);
}

} // namespace

std::string trace_hops(lab& room) {
  auto alone = trace_alone(room);
  auto among = trace(room, in_flight);
  table lines({{"one no-op request, µs"}, {"1 caller, one core", true}, {"64 in flight", true}});
  auto add = [&](const char* hop, auto figure) { lines.add({hop, number(figure(alone)), number(figure(among))}); };
  using h = hop_figures;
  add("client: CPU", [](const h& f) { return f.client_cpu; });
  add("node: CPU", [](const h& f) { return f.node_cpu; });
  add("  RPC with nothing behind it", [](const h& f) { return f.floor_cpu; });
  add("  pool, shared memory, doorbells", [](const h& f) { return f.channel_cpu; });
  add("  rest: decode, check, route, answer", [](const h& f) { return f.node_cpu - f.floor_cpu - f.channel_cpu; });
  add("host: CPU", [](const h& f) { return f.host_cpu; });
  add("  the model", [](const h& f) { return f.compute; });
  add("  rest: wake-up, tensors, doorbells", [](const h& f) { return f.host_cpu - f.compute; });
  add("p50 through the node", [](const h& f) { return f.p50; });
  add("  RPC with nothing behind it", [](const h& f) { return f.floor_p50; });
  add("  pool to host and back", [](const h& f) { return f.channel_p50; });
  return lines.render(false);
}

} // namespace troupe::bench
