#include "tests/bench/load_process.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"

#include "runtime/cli/client.hpp"
#include "runtime/cli/prepared_request.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

namespace troupe::bench {

namespace {

using bench_clock = std::chrono::steady_clock;

constexpr std::size_t node_count = 3;

std::string local(unsigned port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// A cluster of three.
struct three_nodes {
  explicit three_nodes(lab& room) : port(free_port()) {
    nodes.push_back(std::make_unique<node_server>(room, 1, std::vector<std::string>{"--name", "n1", "--cluster", local(port)}));
    std::string token;
    await("the founder makes a token", [&] {
      try {
        token = nodes[0]->tell({"token", "create", "--uses", "2"});
        return true;
      } catch (const std::runtime_error&) {
        return false;
      }
    });
    token = token.substr(0, token.find('\n'));
    for (std::size_t i = 1; i < node_count; ++i)
      nodes.push_back(
          std::make_unique<node_server>(room, 1,
                                        std::vector<std::string>{"--name", "n" + std::to_string(i + 1), "--cluster",
                                                                 local(free_port()), "--join", local(port), "--token", token}));
  }

  unsigned port;
  std::vector<std::unique_ptr<node_server>> nodes;
};

/// Asks one node again and again, from a thread of its own, and notes when each version answered last.
class asker {
public:
  static constexpr std::size_t versions_max = 4;

  asker(std::string address, std::string deployment)
    : thread_([this, address = std::move(address), deployment = std::move(deployment)] { ask(address, deployment); }) {}
  ~asker() {
    stopping_ = true;
    thread_.join();
  }

  /// Time of its latest answer, as of bench_clock; 0: it never answered.
  std::int64_t last_answer_of(std::size_t version) const { return last_.at(version); }
  std::uint64_t answered() const { return answered_; }
  std::uint64_t failed() const { return failed_; }

private:
  void ask(const std::string& address, const std::string& deployment) {
    client node(address);
    auto inference = node.inference();
    prepared_request request(deployment, {one_row({1})});
    while (!stopping_) {
      auto answer = node.wait(request.call(inference).send());
      auto response = answer.getResponse();
      bool good = response.getError().getCode() == schema::Code::OK;
      ++(good ? answered_ : failed_);
      if (good && response.getVersion() < versions_max)
        last_[response.getVersion()] = bench_clock::now().time_since_epoch().count();
    }
  }

  std::array<std::atomic<std::int64_t>, versions_max> last_{};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

using askers = std::vector<std::unique_ptr<asker>>;

std::uint64_t sum_of(const askers& all, std::uint64_t (asker::*figure)() const) {
  std::uint64_t sum = 0;
  for (const auto& each : all)
    sum += (*each.*figure)();
  return sum;
}

struct switch_times {
  double stored_ms = 0;     ///< from the command until it was answered: it is durable then
  double last_wrong_ms = 0; ///< until the last answer of the version that is left, on any node; 0: none came after the command
};

switch_times take_switch(client& node, const askers& all, std::uint32_t from, std::uint32_t to) {
  auto begun = bench_clock::now();
  auto call = node.control().rollbackRequest();
  call.setName("noop");
  call.setTo(to);
  require_ok(node.wait(call.send()).getError());
  auto stored = bench_clock::now() - begun;
  auto since = [begun](std::int64_t time) { return std::chrono::nanoseconds(time) - begun.time_since_epoch(); };
  await("version " + std::to_string(to) + " answers on all nodes", [&] {
    return std::all_of(all.begin(), all.end(), [&](const auto& each) { return since(each->last_answer_of(to)).count() > 0; });
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100)); // what is still under way
  std::chrono::nanoseconds last{0};
  for (const auto& each : all)
    last = std::max(last, since(each->last_answer_of(from)));
  return {std::chrono::duration<double, std::milli>(stored).count(), std::chrono::duration<double, std::milli>(last).count()};
}

std::string file_with(lab& room, const std::string& text) {
  auto path = room.new_path("rollout") + ".toml";
  std::ofstream(path) << text;
  return path;
}

/// Deploys another version of it, and returns once requests are divided.
void begin_rollout(lab& room, node_server& node, const std::string& name, const std::string& model, const std::string& rollout) {
  node.tell({"deploy", name, room.model_folder(model), "--strategy", file_with(room, rollout), "--detach"});
  await("the rollout's first stage", [&] {
    auto told = nlohmann::json::parse(node.tell({"rollout", name, "-o", "json"}));
    return !told["rollout"].is_null();
  });
}

nlohmann::json rollout_of(const node_server& node, const std::string& name) {
  return nlohmann::json::parse(node.tell({"rollout", name, "-o", "json"}));
}

/// Throughput beside a shadow of all requests, against the same without, by turns.
findings beside_shadow(lab& room, const std::string& where) {
  constexpr double goal = 0.98;
  node_server node(room, 1);
  node.deploy("wide", "wide", 1);
  load_plan plan{node.address(), "wide", one_row({784}), 32, room.span(std::chrono::seconds(3)), node.pid(), 0};
  paired_figures pairs;
  std::uint64_t copies = 0;
  std::uint64_t shed = 0;
  for (int i = 0; i < room.rounds(); ++i) {
    pairs.floor.push_back(measure_load(plan));
    begin_rollout(room, node, "wide", "wide", "strategy = \"shadow\"\n[shadow]\nshare = 100\nhold = \"1h\"\n");
    pairs.ours.push_back(measure_load(plan));
    await("the node tells of copies", [&] {
      auto told = rollout_of(node, "wide")["rollout"];
      copies = told["copies"];
      shed = told["copies_shed"];
      return copies > 0;
    });
    node.tell({"rollout", "wide", "abort"});
  }
  auto rate = [](const load_figures& load) { return load.requests_per_second; };
  auto ratio = median_of(pairs.ours, rate) / median_of(pairs.floor, rate);
  return {{"requests beside a shadow of 100 %, " + where + " (last: " + std::to_string(copies) + " copies sent, "
               + std::to_string(shed) + " shed)",
           "≥ 0.98 ×", number(median_of(pairs.ours, rate)) + "/s", number(median_of(pairs.floor, rate)) + "/s", times(ratio),
           ratio >= goal}};
}

/// Requests that a candidate failed, of 200 a second at 5 %, before it was rolled back.
double failed_by_candidate(lab& room, node_server& node, const std::string& fuse) {
  load_plan plan{node.address(), "picky", one_row({1}), 64, room.span(std::chrono::seconds(20)), node.pid(), 0};
  constexpr float refused = -1; // by the candidate
  std::memcpy(plan.input.data.data(), &refused, sizeof refused);
  plan.rate = load_rate{200, arrivals::constant};
  auto load = start_load(plan);
  std::this_thread::sleep_for(std::chrono::seconds(1)); // longer than it warms, which doesn't count
  begin_rollout(room, node, "picky", "picky",
                "strategy = \"canary\"\n" + fuse
                    + "[[canary.step]]\nweight = 5\nhold = \"1h\"\n[[check]]\nkind = \"error_rate\"\n");
  return static_cast<double>(load.get().failed);
}

} // namespace

findings measure_rollout_switch(lab& room) {
  constexpr double goal_ms = 100;
  const std::size_t tries = room.quick() ? 10 : 50;
  three_nodes cluster(room);
  for (int version = 0; version < 2; ++version)
    cluster.nodes[0]->deploy("noop", "noop", node_count);
  askers all;
  for (const auto& node : cluster.nodes)
    all.push_back(std::make_unique<asker>(node->address(), "noop"));
  std::vector<switch_times> took;
  client commander(cluster.nodes[1]->address());
  for (std::uint32_t i = 0; i < tries; ++i)
    took.push_back(take_switch(commander, all, 2 - i % 2, 1 + i % 2));
  auto slowest = *std::max_element(
      took.begin(), took.end(), [](const switch_times& a, const switch_times& b) { return a.last_wrong_ms < b.last_wrong_ms; });
  auto middle = median_of(took, [](const switch_times& one) { return one.last_wrong_ms; });
  auto failed = sum_of(all, &asker::failed);
  return {{"rollback on 3 nodes under load: command until the last answer of the wrong version (slowest of "
               + std::to_string(tries) + ", of which the disk took " + number(slowest.stored_ms) + " ms; median " + number(middle)
               + " ms)",
           "< 100 ms", number(slowest.last_wrong_ms) + " ms", "", "", slowest.last_wrong_ms < goal_ms},
          {"failed during " + std::to_string(tries) + " rollbacks, of " + std::to_string(sum_of(all, &asker::answered)), "0",
           std::to_string(failed), "", "", failed == 0}};
}

findings measure_rollout_fuse(lab& room) {
  constexpr double goal_fuse = 10;
  constexpr double goal_judged = 30;
  std::vector<double> fused;
  std::vector<double> judged;
  for (int i = 0; i < room.rounds(); ++i) {
    for (bool has_fuse : {true, false}) {
      node_server node(room, 1);
      node.deploy("picky", "noop", 1);
      (has_fuse ? fused : judged).push_back(failed_by_candidate(room, node, has_fuse ? "fuse = 5\n" : ""));
    }
  }
  auto most = [](const std::vector<double>& of) { return *std::max_element(of.begin(), of.end()); };
  auto line = [&](const std::string& what, const std::vector<double>& of, double goal) {
    return finding{"canary of 5 % of 200 requests/s that fails all, " + what + ": failed (median " + number(median(of)) + ")",
                   "≤ " + number(goal),
                   number(most(of)),
                   "",
                   "",
                   most(of) <= goal};
  };
  return {line("fuse of 5", fused, goal_fuse), line("judged by its error rate", judged, goal_judged)};
}

findings measure_rollout_shadow(lab& room) {
  auto spare = beside_shadow(room, "pool saturated, a core to spare");
  one_core pinned;
  auto none = beside_shadow(room, "all on one core");
  spare.insert(spare.end(), none.begin(), none.end());
  return spare;
}

} // namespace troupe::bench
