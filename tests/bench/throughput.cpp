#include "tests/bench/comparison.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"
#include "tests/bench/torch_loop.hpp"

namespace troupe::bench {

namespace {

constexpr std::uint32_t in_flight = 64;

struct echo_case {
  std::string model;
  shape row;                  ///< of the input
  std::uint64_t output_bytes; ///< of the answer
  std::uint32_t concurrency;
};

/// The model on a node against a server with nothing behind it, given and giving the same bytes.
paired_figures against_echo(lab& room, const echo_case& what) {
  node_server node(room);
  node.deploy(what.model, what.model);
  floor_server floor(room, what.output_bytes);
  load_plan ours{node.address(), what.model, one_row(what.row), what.concurrency, room.span(), node.pid(), 0};
  load_plan theirs = ours;
  theirs.address = floor.address();
  theirs.server = floor.pid();
  return alternate(theirs, ours, room.rounds());
}

} // namespace

findings measure_lone(lab& room) {
  one_core pinned;
  auto pairs = against_echo(room, {"noop", {1}, 4, 1});
  return {at_most("no-op, 1 caller, all on one core: p50", 2, pairs, [](const load_figures& load) { return load.p50_us; })};
}

findings measure_flight(lab& room) {
  auto pairs = against_echo(room, {"noop", {1}, 4, in_flight});
  return {rate_at_least("no-op, 64 in flight: requests", 0.6, pairs),
          at_most("no-op, 64 in flight: server's CPU a request", 1.6, pairs,
                  [](const load_figures& load) { return load.server_cpu_us; })};
}

findings measure_mlp(lab& room) {
  return {rate_at_least("MLP 784-256-10, 64 in flight: requests", 0.65, against_echo(room, {"mlp", {784}, 40, in_flight}))};
}

findings measure_large(lab& room) {
  one_core pinned;
  auto pairs = against_echo(room, {"echo600k", {150'000}, 4096, 1});
  return {at_most("600 KB in, 4 KB out, 1 caller, all on one core: p50", 2, pairs,
                  [](const load_figures& load) { return load.p50_us; })};
}

findings measure_resnet(lab& room) {
  constexpr unsigned rows_max = 8;
  constexpr std::chrono::milliseconds span{3000};
  node_server node(room);
  node.deploy("resnet18", "resnet18");
  auto row = shape{3, 224, 224};
  load_plan plan{node.address(), "resnet18", one_row(row), rows_max, room.span(span), 0, 0};
  auto best = best_batch(room, "resnet18", row, rows_max, room.span());
  std::vector<double> floor;
  std::vector<double> ours;
  for (int i = 0; i < room.rounds(); ++i) {
    floor.push_back(torch_rows_per_second(room, "resnet18", row, best, plan.span));
    ours.push_back(measure_load(plan).requests_per_second);
  }
  auto ratio = median(ours) / median(floor);
  return {{"ResNet-18, 8 in flight: rows (libtorch at its best batch, " + std::to_string(best) + ")", "≥ 0.95 ×",
           number(median(ours)) + " /s", number(median(floor)) + " /s", times(ratio), ratio >= 0.95}};
}

} // namespace troupe::bench
