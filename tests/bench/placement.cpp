#include "cluster/placement.hpp"
#include "tests/bench/measures.hpp"

#include <chrono>

namespace troupe::bench {

namespace {

constexpr std::uint64_t gib = 1ULL << 30;
constexpr std::uint32_t replicas_each = 5;

/// Three zones, machines of two sizes.
std::vector<placement_node> some_nodes(std::size_t count) {
  std::vector<placement_node> nodes(count);
  for (std::size_t n = 0; n < count; ++n) {
    auto number = std::to_string(n);
    nodes[n].id = std::string(32 - number.size(), 'a') + number; // as long as a real one
    nodes[n].cores = n % 4 == 0 ? 64 : 32;
    nodes[n].memory_bytes = (n % 4 == 0 ? 256 : 128) * gib;
    nodes[n].memory_others_bytes = 4 * gib;
    nodes[n].labels = {{"zone", std::string(1, static_cast<char>('a' + n % 3))}, {"disk", n % 2 == 0 ? "fast" : "slow"}};
  }
  return nodes;
}

/// Five replicas each, of many sizes; every tenth asks for a label.
std::vector<placement_demand> some_demands(std::size_t replicas) {
  std::vector<placement_demand> demands(replicas / replicas_each);
  for (std::size_t d = 0; d < demands.size(); ++d) {
    demands[d].version = {"deployment-" + std::to_string(d), 1};
    demands[d].replicas = replicas_each;
    demands[d].threads = static_cast<std::uint32_t>(1 + d % 4);
    demands[d].replica_bytes = (1 + d % 7) * gib / 4;
    demands[d].shared_bytes = (d % 5) * gib / 2;
    if (d % 10 == 0)
      demands[d].constraints = {{"disk", "fast"}};
  }
  return demands;
}

template <class Work>
double median_ms(lab& room, Work work) {
  std::vector<double> samples;
  for (int i = 0; i < room.rounds(); ++i) {
    auto begin = std::chrono::steady_clock::now();
    work();
    samples.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return median(std::move(samples));
}

finding line(const std::string& what, std::size_t nodes, std::size_t replicas, double ms, double goal_ms) {
  auto title = "placement, " + std::to_string(replicas) + " replicas on " + std::to_string(nodes) + " nodes: " + what;
  return {title, "< " + number(goal_ms) + " ms", number(ms) + " ms", "", "", ms < goal_ms};
}

findings measure_size(lab& room, std::size_t node_count, std::size_t replicas, double fresh_goal_ms, double loss_goal_ms) {
  auto nodes = some_nodes(node_count);
  auto demands = some_demands(replicas);
  placement_plan plan;
  auto fresh = median_ms(room, [&] { plan = plan_placement(nodes, demands, {}); });
  auto current = plan.target;
  auto same = median_ms(room, [&] { plan = plan_placement(nodes, demands, current); });
  nodes[1].use = placement_use::gone;
  auto loss = median_ms(room, [&] { plan = plan_placement(nodes, demands, current); });
  return {line("from nothing", node_count, replicas, fresh, fresh_goal_ms),
          line("nothing to do", node_count, replicas, same, loss_goal_ms),
          line("a node is lost", node_count, replicas, loss, loss_goal_ms)};
}

} // namespace

findings measure_placement(lab& room) {
  struct size {
    std::size_t nodes;
    std::size_t replicas;
    double fresh_goal_ms;
    double loss_goal_ms;
  };
  // The goals are for 1,000 nodes; the others show how the cost grows.
  constexpr size sizes[] = {{10, 1'000, 100, 10}, {100, 1'000, 100, 10}, {1'000, 10'000, 100, 10}, {2'000, 50'000, 1'000, 100}};
  findings all;
  for (const auto& each : sizes) {
    auto found = measure_size(room, each.nodes, each.replicas, each.fresh_goal_ms, each.loss_goal_ms);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

} // namespace troupe::bench
