#include "examples/digits/demo/acts.hpp"

#include "examples/digits/demo/scenes.hpp"
#include "runtime/base/units.hpp"

#include <cmath>
#include <cstdio>
#include <iostream>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr double linear_promised = 0.93;
constexpr double cnn_promised = 0.98;
constexpr auto recovery_promised = 1s;
constexpr auto restart_promised = 5s;
constexpr auto rollback_promised = 1s; // with the start of the command itself, on a machine under load

void say(const std::string& text) {
  std::cout << "== " << text << std::endl;
}

std::string percent(std::uint64_t part, std::uint64_t of) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", of == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of));
  return text;
}

std::string count_of(std::uint64_t part, std::uint64_t of) {
  return std::to_string(part) + " of " + std::to_string(of);
}

void promise_no_failure(promises& list, const std::string& what, const load_report& load) {
  list.check(what + ": requests that failed", count_of(load.failed, load.answered + load.failed), "0",
             load.failed == 0 && load.answered > 0);
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

/// How many images it had right.
std::uint64_t serve(stage& on, promises& list, client& node, const digit_set& digits) {
  say("send the whole test set, " + std::to_string(digits.size()) + " images, through Cap'n Proto");
  auto asked = promise_accuracy(list, node, digits, "test images, linear", 1, linear_promised);
  say("load: " + std::to_string(demo_concurrency) + " requests in flight for " + human_duration(demo_load_time));
  auto load = load_during(on.node().address(), digits, [] {});
  list.note("requests a second", std::to_string(std::llround(load.requests_per_second())));
  list.note("p50", human_duration(load.latency.p50));
  list.note("p99", human_duration(load.latency.p99));
  promise_no_failure(list, "load", load);
  return asked.right;
}

void lose_a_host(promises& list, client& node, const digit_set& digits) {
  say("the same load, and kill -9 for one of the two model hosts");
  auto report = kill_under_load(node, digits);
  promise_no_failure(list, "kill -9 of a host", report.load);
  list.check("until both replicas served again", human_duration(report.until_whole), "≤ 1 s",
             report.until_whole <= recovery_promised);
  list.note("p99 meanwhile", human_duration(report.load.latency.p99));
}

/// `right_before`: how many images the version had right before.
void lose_the_node(stage& on, promises& list, const digit_set& digits, std::uint64_t right_before) {
  say("kill -9 for the node itself, and start it again");
  on.kill_node();
  auto begun = std::chrono::steady_clock::now();
  on.start_node();
  client node(on.node().address());
  await_version(node, 1);
  auto back = std::chrono::steady_clock::now() - begun;
  list.check("kill -9 of the node: until it served again", human_duration(back), "≤ 5 s", back <= restart_promised);
  auto after = ask_all(node, digits);
  list.check("the same answers as before", count_of(after.right, right_before), "all",
             after.right == right_before && after.versions == std::set<std::uint32_t>{1});
}

void get_better(stage& on, promises& list, const digit_set& digits) {
  say("the same load, and deploy examples/digits/cnn over linear");
  stage::outcome deployed;
  auto load =
      load_during(on.node().address(), digits, [&] { deployed = on.must({"deploy", demo_deployment, on.digits() + "/cnn"}); });
  std::cout << deployed.out;
  promise_no_failure(list, "deploy of cnn over linear", load);
  list.note("from the command until it was live", human_duration(deployed.took));
  client node(on.node().address());
  promise_accuracy(list, node, digits, "test images, cnn", 2, cnn_promised);
}

void refuse_the_bad(stage& on, promises& list) {
  say("deploy examples/digits/broken, which loads but gives wrong answers");
  auto refused = on.troupe({"deploy", demo_deployment, on.digits() + "/broken"});
  std::cout << refused.out << refused.err;
  bool told = refused.code == 1 && refused.err.find("golden.json") != std::string::npos;
  list.check("broken: refused by its golden.json", told ? "yes" : "no", "yes", told);
}

void go_back(stage& on, promises& list, const digit_set& digits) {
  say("the same load, and troupe rollback digits");
  stage::outcome back;
  auto load = load_during(on.node().address(), digits, [&] { back = on.must({"rollback", demo_deployment}); });
  std::cout << back.out;
  promise_no_failure(list, "rollback by hand", load);
  list.check("from the command until it was back", human_duration(back.took), "≤ 1 s", back.took <= rollback_promised);
  client node(on.node().address());
  promise_accuracy(list, node, digits, "test images, linear again", 1, linear_promised);
}

} // namespace

void play(stage& on, promises& list) {
  say("deploy examples/digits/linear with " + std::to_string(demo_replicas) + " replicas");
  auto deployed = on.must({"deploy", demo_deployment, on.digits() + "/linear", "--replicas", std::to_string(demo_replicas)});
  std::cout << deployed.out;
  list.note("deploy, from the command until it was live", human_duration(deployed.took));
  digit_set digits(on.digits(), demo_deployment);
  std::uint64_t right = 0;
  { // a thread has one client at a time
    client node(on.node().address());
    right = serve(on, list, node, digits);
    lose_a_host(list, node, digits);
  }
  lose_the_node(on, list, digits, right);
  get_better(on, list, digits);
  refuse_the_bad(on, list);
  go_back(on, list, digits);
}

} // namespace troupe
