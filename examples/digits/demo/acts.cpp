#include "examples/digits/demo/acts.hpp"

#include "examples/digits/demo/cluster_acts.hpp"
#include "examples/digits/demo/scenes.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <iostream>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr double linear_promised = 0.93;
constexpr double cnn_promised = 0.98;
constexpr auto recovery_promised = 1s;
constexpr auto rollback_promised = 1s; // with the start of the command itself, on a machine under load

std::string percent(std::uint64_t part, std::uint64_t of) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", of == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of));
  return text;
}

std::string count_of(std::uint64_t part, std::uint64_t of) {
  return std::to_string(part) + " of " + std::to_string(of);
}

/// The whole test set; all of it answered by `version`, at least that share right.
test_report promise_accuracy(promises& list, client& node, const digit_set& digits, const std::string& what,
                             std::uint32_t version, double promised) {
  auto report = ask_all(node, digits);
  bool all = report.load.answered == digits.size() && report.versions == std::set<std::uint32_t>{version};
  list.check(what + ": answered by version " + std::to_string(version), count_of(report.load.answered, digits.size()), "all",
             all);
  char least[32];
  std::snprintf(least, sizeof least, "≥ %.0f %%", 100 * promised);
  list.check("of them right", percent(report.right, digits.size()), least,
             static_cast<double>(report.right) >= promised * static_cast<double>(digits.size()));
  return report;
}

void promise_a_replica_on_each(promises& list, client& node) {
  std::set<std::string> nodes;
  for (const auto& each : serving_replicas(node))
    nodes.insert(each.node);
  list.check("nodes with a replica", count_of(nodes.size(), first_nodes), "all", nodes.size() == first_nodes);
}

void serve(promises& list, client& node, const digit_set& digits) {
  say("send the whole test set, " + std::to_string(digits.size()) + " images, through Cap'n Proto");
  promise_accuracy(list, node, digits, "test images, linear", 1, linear_promised);
  say("load: " + std::to_string(demo_concurrency) + " requests in flight for " + human_duration(demo_load_time));
  auto load = load_during(node.address(), digits, [] {});
  list.note("requests a second", std::to_string(std::llround(load.requests_per_second())));
  list.note("p50", human_duration(load.latency.p50));
  list.note("p99", human_duration(load.latency.p99));
  promise_no_failure(list, "load", load);
}

/// Until as many replicas serve as before, and none of them is the one that was killed.
std::chrono::nanoseconds kill_a_host(client& node) {
  auto before = serving_replicas(node);
  if (before.empty() || before.front().pid == 0)
    throw command_failure(exit_code::failed, "no replica serves that could be killed");
  auto killed = before.front().pid;
  ::kill(static_cast<pid_t>(killed), SIGKILL);
  return time_until("the killed replica is replaced", [&] {
    auto now = serving_replicas(node);
    return now.size() == before.size()
           && std::none_of(now.begin(), now.end(), [killed](const serving_replica& each) { return each.pid == killed; });
  });
}

void lose_a_host(promises& list, client& node, const digit_set& digits) {
  say("the same load, and kill -9 for one of the model hosts");
  std::chrono::nanoseconds whole{0};
  auto load = load_during(node.address(), digits, [&] { whole = kill_a_host(node); });
  promise_no_failure(list, "kill -9 of a host", load);
  list.check("until all replicas served again", human_duration(whole), "≤ 1 s", whole <= recovery_promised);
  list.note("p99 meanwhile", human_duration(load.latency.p99));
}

void get_better(stage& on, promises& list, const digit_set& digits) {
  say("the same load, and deploy examples/digits/cnn over linear");
  stage::outcome deployed;
  auto load = load_during(on.node(entry_node).address(), digits,
                          [&] { deployed = on.must(entry_node, {"deploy", demo_deployment, on.digits() + "/cnn"}); });
  std::cout << deployed.out;
  promise_no_failure(list, "deploy of cnn over linear", load);
  list.note("from the command until it was live", human_duration(deployed.took));
  client node(on.node(entry_node).address());
  promise_accuracy(list, node, digits, "test images, cnn", 2, cnn_promised);
}

void refuse_the_bad(stage& on, promises& list) {
  say("deploy examples/digits/broken, which loads but gives wrong answers");
  auto refused = on.troupe(entry_node, {"deploy", demo_deployment, on.digits() + "/broken"});
  std::cout << refused.out << refused.err;
  bool told = refused.code == 1 && refused.err.find("golden.json") != std::string::npos;
  list.check("broken: refused by its golden.json", told ? "yes" : "no", "yes", told);
}

void go_back(stage& on, promises& list, const digit_set& digits) {
  say("the same load, and troupe rollback digits");
  stage::outcome back;
  auto load =
      load_during(on.node(entry_node).address(), digits, [&] { back = on.must(entry_node, {"rollback", demo_deployment}); });
  std::cout << back.out;
  promise_no_failure(list, "rollback by hand", load);
  list.check("from the command until it was back", human_duration(back.took), "≤ 1 s", back.took <= rollback_promised);
  client node(on.node(entry_node).address());
  promise_accuracy(list, node, digits, "test images, linear again", 1, linear_promised);
}

} // namespace

void play(stage& on, promises& list) {
  gather(on, list);
  say("deploy examples/digits/linear with " + std::to_string(first_nodes) + " replicas");
  auto deployed =
      on.must(entry_node, {"deploy", demo_deployment, on.digits() + "/linear", "--replicas", std::to_string(first_nodes)});
  std::cout << deployed.out;
  list.note("deploy, from the command until it was live", human_duration(deployed.took));
  digit_set digits(on.digits(), demo_deployment);
  { // a thread has one client at a time
    client node(on.node(entry_node).address());
    promise_a_replica_on_each(list, node);
    serve(list, node, digits);
    lose_a_host(list, node, digits);
  }
  lose_a_node(on, list, digits);
  freeze_a_node(on, list, digits);
  grow_and_shrink(on, list, digits);
  miss_the_leader(on, list, digits);
  get_better(on, list, digits);
  refuse_the_bad(on, list);
  go_back(on, list, digits);
}

} // namespace troupe
