#define BOOST_TEST_MODULE node_kill
#include "runtime/base/rng.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/e2e/running_node.hpp"

#include <nlohmann/json.hpp>

#include <future>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

constexpr int kills = 100;
constexpr std::uint64_t seed = 20;

/// What must be found after a kill: what was acknowledged, and what may have been done besides.
struct expected {
  std::uint32_t versions = 0;
  std::uint32_t replicas = 1;
  std::optional<std::uint32_t> perhaps_replicas;
  bool perhaps_a_version = false;
};

class killed_node {
public:
  /// One person does something while the node is killed at a moment drawn by chance.
  void act_and_kill() {
    auto what = draw();
    auto doing = std::async(std::launch::async, [this, &what] { return node_.troupe(what); });
    auto moment = std::chrono::milliseconds(random_.below(150)); // a deploy takes about 50
    if (node_.process().wait(moment))
      BOOST_FAIL("the node ended by itself:\n" << node_.process().log());
    node_.process().signal(SIGKILL);
    auto outcome = doing.get();
    node_.process().wait(10s);
    note(what, outcome.code == 0);
    node_.restart();
  }

  /// The node goes on by itself to where nothing is under way any more, and serves what it must.
  void check(int round) {
    BOOST_TEST_CONTEXT("kill " << round << ", seed " << seed) {
      nlohmann::json seen;
      bool settled = eventually(
          [&] {
            seen = look();
            return is_settled(seen);
          },
          20s);
      BOOST_REQUIRE_MESSAGE(settled, "did not settle: " << seen.dump() << "\n" << node_.process().log());
      std::uint32_t last = seen.is_null() ? 0 : seen["versions"][0]["number"].get<std::uint32_t>();
      BOOST_TEST((last == expected_.versions || (expected_.perhaps_a_version && last == expected_.versions + 1)), last);
      auto replicas = seen.is_null() ? expected_.replicas : seen["wanted_replicas"].get<std::uint32_t>();
      BOOST_TEST((replicas == expected_.replicas || replicas == expected_.perhaps_replicas), replicas);
      expected_ = {last, replicas, {}, false};
      if (last != 0) {
        auto answer = caller(node_.address()).ask("rows", {row(1)});
        BOOST_TEST(answer.error == "");
        BOOST_TEST(answer.version == seen["current_version"].get<std::uint32_t>());
      }
    }
  }

private:
  std::vector<std::string> draw() {
    auto choice = expected_.versions == 0 ? 0 : random_.below(10);
    if (choice < 6)
      return {"deploy", "rows", model_folder_of(random_.chance(0.5) ? "raise_on_magic" : "crash_on_magic"), "--detach"};
    if (choice < 8)
      return {"rollback", "rows"};
    return {"scale", "rows", std::to_string(1 + random_.below(3))};
  }

  void note(const std::vector<std::string>& what, bool acknowledged) {
    if (what[0] == "deploy" && acknowledged)
      ++expected_.versions;
    else if (what[0] == "deploy")
      expected_.perhaps_a_version = true;
    else if (what[0] == "scale" && acknowledged)
      expected_.replicas = static_cast<std::uint32_t>(std::stoul(what[2]));
    else if (what[0] == "scale")
      expected_.perhaps_replicas = static_cast<std::uint32_t>(std::stoul(what[2]));
  }

  /// The deployment as the node tells of it; null if there is none.
  nlohmann::json look() {
    auto told = nlohmann::json::parse(node_.troupe({"status", "-o", "json"}).out, nullptr, false);
    if (told.is_discarded() || told["deployments"].empty())
      return {};
    return told["deployments"][0];
  }

  static bool is_settled(const nlohmann::json& deployment) {
    if (deployment.is_null())
      return true;
    std::size_t ready = 0;
    for (const auto& version : deployment["versions"]) {
      auto state = version["state"].get<std::string>();
      if (state != "live" && state != "superseded" && state != "rolled_back" && state != "failed" && state != "draining")
        return false;
      for (const auto& replica : version["replicas"])
        ready += state == "live" && replica["state"] == "ready" ? 1 : 0;
    }
    return ready == deployment["wanted_replicas"].get<std::size_t>();
  }

  running_node node_;
  rng random_{seed};
  expected expected_;
};

} // namespace

BOOST_AUTO_TEST_CASE(killed_at_any_moment_a_node_loses_nothing_that_it_acknowledged) {
  killed_node node;
  for (int round = 0; round < kills; ++round) {
    node.act_and_kill();
    node.check(round);
  }
}
