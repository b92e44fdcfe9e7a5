#include "examples/digits/demo/scenes.hpp"

#include "runtime/cli/wire.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

namespace troupe {

namespace {

using namespace std::chrono_literals;
using scene_clock = std::chrono::steady_clock; // real by nature: it measures

/// The load is well under way once so many are answered.
constexpr std::uint64_t answers_before_act = 2000;
constexpr auto patience = 30s;
constexpr auto look_interval = 1ms;

} // namespace

test_report ask_all(client& node, const digit_set& digits) {
  test_report report;
  rpc_channel channel(node, digits.requests(), [&](std::uint64_t index, schema::InferResponse::Reader answer) {
    report.right += digits.right(index, answer) ? 1 : 0;
    report.versions.insert(answer.getVersion());
  });
  load_options load;
  load.count = digits.size();
  load.concurrency = demo_concurrency;
  report.load = unbroken(run_load(node.loop(), {&channel}, load));
  return report;
}

load_report load_during(const std::string& address, const digit_set& digits, const std::function<void()>& act) {
  std::atomic<std::uint64_t> answers{0};
  std::atomic<bool> acted{false};
  auto load = std::async(std::launch::async, [&digits, &answers, &acted, address] {
    quiet_kj quiet;
    client loaded(address);
    rpc_channel channel(loaded, digits.requests(), [&answers](std::uint64_t, schema::InferResponse::Reader) { ++answers; });
    load_options options;
    options.concurrency = demo_concurrency;
    options.is_over = [&acted, begun = scene_clock::now()] { return acted && scene_clock::now() - begun > demo_load_time; };
    return unbroken(run_load(loaded.loop(), {&channel}, options));
  });
  while (answers < answers_before_act && load.wait_for(look_interval) != std::future_status::ready) {
  }
  auto over = kj::defer([&acted] { acted = true; }); // however the act ends
  act();
  acted = true;
  return load.get();
}

void await_version(client& node, std::uint32_t version) {
  auto call = node.control().awaitReadyRequest();
  call.setName(demo_deployment);
  call.setVersion(version);
  call.setTimeoutUs(static_cast<std::uint64_t>(std::chrono::microseconds(patience).count()));
  require_ok(node.wait(call.send(), patience + 5s).getError());
}

std::vector<serving_replica> serving_replicas(client& node) {
  auto call = node.control().statusRequest();
  call.setName(demo_deployment);
  auto answer = node.wait(call.send());
  std::vector<serving_replica> replicas;
  for (auto deployment : answer.getDeployments())
    for (auto version : deployment.getVersions())
      for (auto replica : version.getReplicas())
        if (version.getState() == "live" && replica.getState() == "ready") // others may be resident
          replicas.push_back({text_of(replica.getNode()), replica.getPid()});
  return replicas;
}

std::size_t count_on(const std::vector<serving_replica>& replicas, const std::string& name) {
  return static_cast<std::size_t>(
      std::count_if(replicas.begin(), replicas.end(), [&name](const serving_replica& each) { return each.node == name; }));
}

std::string state_of(client& asked, const std::string& name) {
  auto known = asked.wait(asked.control().nodesRequest().send());
  for (auto each : known.getNodes())
    if (text_of(each.getName()) == name)
      return text_of(each.getState());
  return {};
}

std::chrono::nanoseconds time_until(const std::string& what, const std::function<bool()>& holds) {
  auto begun = scene_clock::now();
  while (!holds()) {
    if (scene_clock::now() - begun > patience)
      throw command_failure(exit_code::timed_out, what + ": not within 30 s");
    std::this_thread::sleep_for(look_interval);
  }
  return scene_clock::now() - begun;
}

} // namespace troupe
