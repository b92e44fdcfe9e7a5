#include "runtime/base/clock.hpp"
#include "runtime/cli/client.hpp"
#include "tests/bench/load_process.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"
#include "tests/bench/torch_loop.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

namespace troupe::bench {

namespace {

constexpr unsigned replica_count = 2;
constexpr double goal_ms = 30;
/// Between kills: past the supervisor's quiet time, so that each restart is a first one.
constexpr std::chrono::milliseconds pause{1200};

struct kill_case {
  std::string model;
  shape row;
  std::uint32_t concurrency;
};

struct kill_report {
  std::vector<double> until_both_serve_ms;
  std::uint64_t failed = 0;
  std::uint64_t answered = 0;
};

bool both_serve(const std::vector<replica_view>& all, pid_t dead) {
  return all.size() == replica_count
         && std::all_of(all.begin(), all.end(), [dead](const replica_view& each) { return each.ready && each.pid != dead; });
}

/// Kills one of the two and tells how long it took until both served: from just before the kill to when the node, by its own word,
/// had the new host in the pool, where it takes the next batch. That batch is its first pass.
double kill_one(client& node, const std::string& deployment) {
  auto before = replicas(node, deployment);
  auto victim = before.front().pid;
  auto killed_at = real_clock().wall_now().time_since_epoch();
  ::kill(victim, SIGKILL);
  auto after = before;
  auto look = [&] { return both_serve(after = replicas(node, deployment), victim); };
  await("both replicas of " + deployment + " serve again", look, std::chrono::seconds(10));
  auto newest = std::max_element(after.begin(), after.end(),
                                 [](const auto& a, const auto& b) { return a.since_unix_ns < b.since_unix_ns; });
  return static_cast<double>(newest->since_unix_ns - killed_at.count()) / 1e6;
}

kill_report kill_under_load(lab& room, const kill_case& what) {
  node_server node(room);
  node.deploy(what.model, what.model, replica_count);
  auto kills = room.quick() ? 2 : 7;
  load_plan plan{node.address(), what.model, one_row(what.row), what.concurrency, (kills + 2) * pause, 0, 0};
  auto load = start_load(plan);
  kill_report report;
  {
    std::this_thread::sleep_for(pause);
    client control(node.address());
    for (int i = 0; i < kills; ++i) {
      report.until_both_serve_ms.push_back(kill_one(control, what.model));
      std::this_thread::sleep_for(pause);
    }
  }
  auto figures = load.get();
  report.failed = figures.failed;
  report.answered = figures.answered;
  return report;
}

findings findings_of(const std::string& title, const kill_report& report, double pass_ms) {
  auto took = median(report.until_both_serve_ms);
  auto slowest = *std::max_element(report.until_both_serve_ms.begin(), report.until_both_serve_ms.end());
  auto goal = goal_ms + pass_ms;
  return {{"kill -9 under load, " + title + ": failed of " + std::to_string(report.answered + report.failed), "0",
           std::to_string(report.failed), "", "", report.failed == 0},
          {"kill -9 under load, " + title + ": until both serve (slowest " + number(slowest) + " ms)",
           "≤ " + number(goal) + " ms", number(took) + " ms", pass_ms > 0 ? number(pass_ms) + " ms" : "", "", took <= goal}};
}

} // namespace

findings measure_recovery(lab& room) {
  shape image{3, 224, 224};
  auto pass_ms = 1000 / torch_rows_per_second(room, "resnet18", image, 1, room.span());
  auto all = findings_of("MLP", kill_under_load(room, {"mlp", {784}, 8}), 0);
  auto large = findings_of("ResNet-18", kill_under_load(room, {"resnet18", image, 8}), pass_ms);
  all.insert(all.end(), large.begin(), large.end());
  return all;
}

} // namespace troupe::bench
