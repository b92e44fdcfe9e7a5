#include "tests/bench/load_process.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"
#include "tests/bench/process_stats.hpp"

#include <thread>

namespace troupe::bench {

namespace {

/// Memory is looked at so long after the last answer.
constexpr std::chrono::seconds settle{1};

/// Of all hosts and their templates, some time after load on them has stopped.
double hosts_bytes_after_load(lab& room, const node_server& node, const std::string& deployment) {
  load_plan plan{node.address(), deployment, one_row({3, 224, 224}), 16, room.span(std::chrono::seconds(5)), 0, 0};
  measure_load(plan);
  std::this_thread::sleep_for(settle);
  double sum = 0;
  for (auto host : children_of(node.pid()))
    sum += static_cast<double>(proportional_bytes(host));
  return sum;
}

} // namespace

findings measure_sharing(lab& room) {
  constexpr unsigned replica_count = 4;
  constexpr double goal = 1.3;
  node_server node(room);
  node.deploy("resnet18", "resnet18");
  std::vector<double> one;
  std::vector<double> four;
  for (int i = 0; i < room.rounds(); ++i) {
    node.scale("resnet18", 1);
    one.push_back(hosts_bytes_after_load(room, node, "resnet18"));
    node.scale("resnet18", replica_count);
    four.push_back(hosts_bytes_after_load(room, node, "resnet18"));
  }
  auto ratio = median(four) / median(one);
  return {{"ResNet-18, 4 replicas: PSS of all hosts against 1 replica's", "≤ " + times(goal), megabytes(median(four)),
           megabytes(median(one)), times(ratio), ratio <= goal}};
}

findings measure_many(lab& room) {
  constexpr double node_goal = 0.5e6;
  constexpr double host_goal = 8e6;
  const unsigned count = room.quick() ? 20 : 100;
  node_server node(room);
  auto before = static_cast<double>(anonymous_bytes(node.pid()));
  for (unsigned i = 0; i < count; ++i)
    node.deploy("tiny" + std::to_string(i), "tiny");
  std::this_thread::sleep_for(settle);
  auto each = (static_cast<double>(anonymous_bytes(node.pid())) - before) / count;
  auto host = median_of(node.replicas(""), [](const replica_view& replica) { return private_bytes(replica.pid); });
  auto title = std::to_string(count) + " deployments of a tiny model: ";
  return {{title + "node's memory for each", "< " + megabytes(node_goal), megabytes(each), "", "", each < node_goal},
          {title + "private memory of an idle host", "< " + megabytes(host_goal), megabytes(host), "", "", host < host_goal}};
}

} // namespace troupe::bench
