#include "tests/cluster/suspicion_figures.hpp"

#include <cstdio>
#include <cstdlib>

/// What the suspicion of nodes is worth, on the simulated network: suspicion_figures [simulated hours of a cluster of 20, default 1]
namespace {

using namespace troupe;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

sim_cluster_options of_nodes(std::size_t nodes, double loss = 0) {
  sim_cluster_options options;
  options.nodes = nodes;
  options.loss = loss;
  return options;
}

void print_detection(std::size_t nodes, sim_failure failure, double loss) {
  auto figures = measure_detection(of_nodes(nodes, loss), failure, 200);
  std::printf("%zu nodes, %.0f %% loss, one %s, 200 seeds: all suspect it within %.3f s, all hold it for dead within %.3f s%s\n",
              nodes, 100 * loss, failure == sim_failure::frozen ? "frozen" : "crashed", seconds(figures.suspect_max),
              seconds(figures.dead_max), figures.complete ? "" : " (NOT ALL)");
}

void print_scale(std::size_t nodes) {
  auto figures = measure_scale(of_nodes(nodes));
  std::printf("%zu nodes: %.1f probes a second from a node (at most %.1f), %.1f kB/s; one frozen: all suspect it after %.2f s, "
              "all hold it "
              "for dead after %.2f s, for which a node sends %.1f kB more\n",
              nodes, figures.probes_per_second, figures.probes_per_second_max, figures.bytes_per_second / 1000,
              seconds(figures.all_know_suspect), seconds(figures.all_know_dead),
              static_cast<double>(figures.bytes_of_a_death) / 1000);
}

} // namespace

int main(int argc, char** argv) {
  auto hours = argc > 1 ? std::atof(argv[1]) : 1.0;
  for (auto failure : {sim_failure::frozen, sim_failure::crashed})
    for (std::size_t nodes : {2, 3, 20})
      print_detection(nodes, failure, 0);
  print_detection(20, sim_failure::frozen, 0.05);
  for (std::size_t nodes : {10, 100, 1000})
    print_scale(nodes);
  auto lossy = of_nodes(20, 0.05);
  auto alarms = measure_false_alarms(lossy, std::chrono::nanoseconds(static_cast<std::int64_t>(hours * 3600e9)));
  std::printf("20 healthy nodes, 5 %% loss, %.1f node-hours: %llu suspicions (%.4f a node and hour), %llu deaths\n",
              alarms.node_hours, static_cast<unsigned long long>(alarms.suspicions),
              static_cast<double>(alarms.suspicions) / alarms.node_hours, static_cast<unsigned long long>(alarms.deaths));
}
