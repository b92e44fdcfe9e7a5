#include "examples/digits/demo/scenes.hpp"

#include "runtime/cli/wire.hpp"

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

namespace troupe {

namespace {

using namespace std::chrono_literals;
using scene_clock = std::chrono::steady_clock; // real by nature: it measures

/// The load is well under way once so many are answered.
constexpr std::uint64_t answers_before_act = 2000;
constexpr auto recovery_timeout = 30s;
constexpr auto look_interval = 1ms;

load_options timed_load() {
  load_options load;
  load.concurrency = demo_concurrency;
  load.time_limit = demo_load_time;
  return load;
}

/// Of the live version.
std::vector<std::uint32_t> serving_pids(client& node) {
  auto call = node.control().statusRequest();
  call.setName(demo_deployment);
  auto answer = node.wait(call.send());
  require_ok(answer.getError());
  std::vector<std::uint32_t> pids;
  for (auto deployment : answer.getDeployments())
    for (auto version : deployment.getVersions())
      for (auto replica : version.getReplicas())
        if (version.getState() == "live" && replica.getState() == "ready") // others may be resident
          pids.push_back(replica.getPid());
  return pids;
}

std::uint32_t kill_one_host(client& node) {
  auto pids = serving_pids(node);
  if (pids.size() != demo_replicas || pids.front() == 0)
    throw command_failure(exit_code::failed,
                          std::to_string(pids.size()) + " replicas serve before the kill, not " + std::to_string(demo_replicas));
  ::kill(static_cast<pid_t>(pids.front()), SIGKILL);
  return pids.front();
}

/// Until all replicas serve, and none of them is the one that was killed.
void await_whole(client& node, std::uint32_t killed) {
  auto until = scene_clock::now() + recovery_timeout;
  for (;;) {
    auto pids = serving_pids(node);
    if (pids.size() == demo_replicas && std::find(pids.begin(), pids.end(), killed) == pids.end())
      return;
    if (scene_clock::now() > until)
      throw command_failure(exit_code::timed_out, "the killed replica was not replaced within 30 s; see its log");
    std::this_thread::sleep_for(look_interval);
  }
}

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
  auto load = std::async(std::launch::async, [&digits, &answers, address] {
    quiet_kj quiet;
    client loaded(address);
    rpc_channel channel(loaded, digits.requests(), [&answers](std::uint64_t, schema::InferResponse::Reader) { ++answers; });
    return unbroken(run_load(loaded.loop(), {&channel}, timed_load()));
  });
  while (answers < answers_before_act && load.wait_for(look_interval) != std::future_status::ready) {
  }
  act();
  return load.get();
}

void await_version(client& node, std::uint32_t version) {
  auto call = node.control().awaitReadyRequest();
  call.setName(demo_deployment);
  call.setVersion(version);
  call.setTimeoutUs(static_cast<std::uint64_t>(std::chrono::microseconds(recovery_timeout).count()));
  require_ok(node.wait(call.send(), recovery_timeout + 5s).getError());
}

kill_report kill_under_load(client& node, const digit_set& digits) {
  kill_report report;
  report.load = load_during(node.address(), digits, [&] {
    auto begun = scene_clock::now();
    report.pid = kill_one_host(node);
    await_whole(node, report.pid);
    report.until_whole = scene_clock::now() - begun;
  });
  return report;
}

} // namespace troupe
