#define BOOST_TEST_MODULE stop_e2e
#include "tests/e2e/answers.hpp"
#include "tests/e2e/running_node.hpp"
#include "tests/gateway/raw_http.hpp"
#include "tests/node/notify_socket.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

/// A node with a model that takes a second or so for each batch of up to 16 rows, and a caller whose requests wait for it.
struct busy_node {
  temporary_folder folder;
  running_node node;

  explicit busy_node(std::vector<std::string> arguments = {}) : node(with_patience(std::move(arguments))) {
    auto model = folder.path() / "slow";
    std::filesystem::copy(model_folder_of("slow"), model);
    auto toml = text_of_file((model / "model.toml").string());
    std::ofstream(model / "model.toml") << toml.replace(toml.find("200ms"), 5, "30s");
    auto done = node.troupe({"deploy", "slow", model.string(), "--replicas", "1"});
    BOOST_REQUIRE_MESSAGE(done.code == 0, done.err);
  }

  /// However slow the machine is, no request that waits is given up: by HTTP none can say how long it may take.
  std::vector<std::string> with_patience(std::vector<std::string> arguments) const {
    auto config = (folder.path() / "troupe.toml").string();
    std::ofstream(config) << "[limits]\ndefault_deadline = \"60s\"\n";
    arguments.insert(arguments.end(), {"--config", config});
    return arguments;
  }

  /// Asks for so many rows at once; returns when the node has most of them.
  std::future<std::vector<answer>> ask(std::size_t rows) {
    auto asked = std::async(std::launch::async, [address = node.address(), rows] {
      return caller(address).ask_together("slow", std::vector<named_tensor>(rows, row(1)), 60s);
    });
    await_most_of(rows);
    return asked;
  }

  void await_most_of(std::size_t rows) {
    BOOST_REQUIRE(eventually([&] { return (accepted = queued_rows()) + 16 >= rows; }));
  }

  std::size_t queued_rows() {
    auto told = nlohmann::json::parse(node.troupe({"status", "slow", "-o", "json"}).out);
    return told["deployments"][0]["versions"][0]["queued_rows"];
  }

  std::size_t accepted = 0; ///< rows at least, by then; what comes later the node may refuse once it is asked to stop
};

bool all_gone(const std::vector<pid_t>& pids) {
  return eventually([&] { return std::none_of(pids.begin(), pids.end(), lives); });
}

} // namespace

BOOST_AUTO_TEST_CASE(asked_to_stop_a_node_finishes_what_it_accepted_and_refuses_what_comes_after) {
  busy_node busy;
  caller late(busy.node.address()); // connected before
  auto family = busy.node.descendants();
  for (auto host : family) // else a Ctrl-C in a terminal would end it too
    BOOST_TEST(::getpgid(host) != ::getpgid(busy.node.process().pid()));
  auto asked = busy.ask(40);
  busy.node.process().signal(SIGTERM);
  BOOST_REQUIRE(eventually([&] { return contains(busy.node.process().log(), "node_stops"); }));
  const std::string refusal = "unavailable: the node is shutting down";
  BOOST_TEST(eventually([&] { return contains(late.ask("slow", {row(2)}).error, refusal); }));
  BOOST_TEST(busy.node.troupe({"status"}).code == 3); // nobody new is let in
  std::size_t finished = 0;
  for (const auto& got : asked.get()) {
    BOOST_TEST((got.error.empty() || contains(got.error, refusal)), got.error);
    finished += got.error.empty() ? 1 : 0;
  }
  BOOST_TEST(finished >= busy.accepted);
  BOOST_TEST(busy.node.process().wait(30s).value_or(-1) == 0);
  BOOST_TEST(all_gone(family));
}

BOOST_AUTO_TEST_CASE(asked_to_stop_a_node_answers_what_it_accepted_by_http_and_closes_the_connections) {
  busy_node busy;
  auto port = port_of(busy.node.process().http_address());
  const std::string request = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,1,1,1]}]})";
  http_client watching(port);
  BOOST_TEST(watching.get("/v2/health/ready").status == 200);
  http_client idle(port);
  BOOST_TEST(idle.get("/v2/health/live").status == 200);
  std::vector<http_client> asking;
  for (int i = 0; i < 24; ++i) {
    asking.emplace_back(port);
    asking.back().send("POST /v2/models/slow/infer HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(request.size())
                       + "\r\n\r\n" + request);
  }
  busy.await_most_of(asking.size());
  busy.node.process().signal(SIGTERM);
  BOOST_REQUIRE(eventually([&] { return contains(busy.node.process().log(), "node_stops"); }));
  auto ready = watching.get("/v2/health/ready");
  BOOST_TEST(eventually([&] { return ready.status == 503 || (ready = watching.get("/v2/health/ready")).status == 503; }));
  BOOST_TEST(ready.headers["connection"] == "close");
  BOOST_TEST(idle.post("/v2/models/slow/infer", request).status == 503);
  std::size_t finished = 0;
  for (auto& each : asking) {
    auto answer = each.read();
    BOOST_TEST((answer.status == 200 || answer.status == 503), answer.body);
    BOOST_TEST(answer.headers["connection"] == "close");
    BOOST_TEST(closes(each.socket()));
    finished += answer.status == 200 ? 1 : 0;
  }
  BOOST_TEST(finished >= busy.accepted);
  BOOST_TEST(busy.node.process().wait(30s).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_done_within_the_drain_timeout_is_refused) {
  busy_node busy({"--drain-timeout", "100ms"});
  auto accepted = busy.ask(40);
  busy.node.process().signal(SIGTERM);
  std::size_t refused = 0;
  for (const auto& got : accepted.get())
    refused += contains(got.error, "unavailable") ? 1 : 0;
  BOOST_TEST(refused >= 24U); // what was in the queue
  BOOST_TEST(busy.node.process().wait(40s).value_or(-1) == 0);
  BOOST_TEST(contains(busy.node.process().log(), "drain_cut_short"));
}

BOOST_AUTO_TEST_CASE(asked_a_second_time_a_node_ends_at_once) {
  busy_node busy;
  auto family = busy.node.descendants();
  auto accepted = busy.ask(64);
  busy.node.process().signal(SIGTERM);
  BOOST_REQUIRE(eventually([&] { return contains(busy.node.process().log(), "node_stops"); }));
  busy.node.process().signal(SIGINT);
  BOOST_TEST(busy.node.process().wait(1s).value_or(-1) == 1);
  BOOST_CHECK_THROW(accepted.get(), command_failure);
  BOOST_TEST(all_gone(family));
  busy.node.restart();
  BOOST_TEST(busy.node.troupe({"status", "slow"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_service_manager_is_told_of_start_life_and_stop) {
  auto name = "@troupe-e2e-" + std::to_string(::getpid());
  notify_socket manager(name);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "200000", 1);
  running_node node;
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  BOOST_TEST(manager.next().rfind("STATUS=starting\nEXTEND_TIMEOUT_USEC=", 0) == 0U);
  BOOST_TEST(manager.next() == "READY=1\nSTATUS=serves on " + node.address());
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(manager.next() == "WATCHDOG=1");
  node.process().signal(SIGTERM);
  std::string word;
  do {
    word = manager.next();
  } while (word == "WATCHDOG=1");
  BOOST_TEST(word == "STOPPING=1\nSTATUS=finishes what it accepted\nEXTEND_TIMEOUT_USEC=90000000");
  BOOST_TEST(node.process().wait(10s).value_or(-1) == 0);
}
