#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"
#include "tests/bench/process_stats.hpp"

#include <thread>

namespace troupe::bench {

namespace {

/// After its start a node is left alone for so long before it counts as idle.
constexpr std::chrono::seconds settle{2};

double start_ms(lab& room) {
  std::vector<double> samples;
  for (int i = 0; i < room.rounds(); ++i)
    samples.push_back(static_cast<double>(node_server(room).started_in().count()) / 1e6);
  return median(std::move(samples));
}

/// Share of one core.
double cpu_share(pid_t pid, std::chrono::nanoseconds span) {
  auto before = cpu_time(pid);
  std::this_thread::sleep_for(span);
  return static_cast<double>((cpu_time(pid) - before).count()) / static_cast<double>(span.count());
}

} // namespace

findings measure_idle(lab& room) {
  constexpr double share_goal = 0.005;
  constexpr double bytes_goal = 40e6;
  constexpr double start_goal_ms = 500;
  auto start = start_ms(room);
  node_server node(room);
  std::this_thread::sleep_for(settle);
  std::vector<double> shares;
  for (int i = 0; i < room.rounds(); ++i)
    shares.push_back(cpu_share(node.pid(), room.span(std::chrono::seconds(2))));
  auto share = median(shares);
  auto bytes = static_cast<double>(anonymous_bytes(node.pid()));
  return {{"idle node: CPU", "< 0.5 % of a core", number(share * 100) + " %", "", "", share < share_goal},
          {"idle node: memory", "< " + megabytes(bytes_goal), megabytes(bytes), "", "", bytes < bytes_goal},
          {"node: start until it serves", "< " + number(start_goal_ms) + " ms", number(start) + " ms", "", "",
           start < start_goal_ms}};
}

} // namespace troupe::bench
