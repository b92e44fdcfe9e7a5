#define BOOST_TEST_MODULE rollout
#include "tests/e2e/answers.hpp"
#include "tests/e2e/background_load.hpp"
#include "tests/e2e/running_cluster.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

/// Three nodes with a replica of "rows" on each. Version 1 answers a magic row, a candidate of the model `raise_on_magic` fails on it. The load comes in by the
/// second node, the commands by the third.
struct rolling_cluster {
  running_cluster cluster{3};
  temporary_folder folder;

  rolling_cluster() { cluster.node(2).deploy("rows", "nan_maker", 3); }

  std::string rollout(const std::string& text) {
    auto file = (folder.path() / "rollout.toml").string();
    std::ofstream(file) << text;
    return file;
  }
  command_result deploy(const std::string& model, const std::string& text) {
    return cluster.node(3).troupe({"deploy", "rows", model_folder_of(model), "--strategy", rollout(text)});
  }
  std::unique_ptr<background_load> load() {
    auto made = std::make_unique<background_load>(cluster.node(2).address(), "rows", std::vector{magic_row()});
    BOOST_REQUIRE(made->answers(200));
    return made;
  }
  std::uint32_t version_at(std::size_t number, const std::string& name = "rows") {
    caller client(cluster.node(number).address());
    return client.ask(name, {row(1)}).version;
  }
  /// Under load: a good candidate is live on all nodes in the end, and no request fails. What the deploy printed.
  std::string goes_through(const std::string& text) {
    auto requests = load();
    auto live = deploy("nan_maker", text);
    BOOST_TEST(live.code == 0, live.err);
    BOOST_TEST(requests->answers(500));
    auto report = requests->end();
    BOOST_TEST(report.failed == 0U, report.first_error);
    for (std::size_t number : {1, 2, 3})
      BOOST_TEST(version_at(number) == 2U);
    return live.out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_first_version_is_no_canary, rolling_cluster) {
  auto refused = cluster.node(1).troupe({"deploy", "other", model_folder_of("nan_maker"), "--strategy", "canary"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "has no live version"), refused.err);
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_fails_is_rolled_back_by_itself_and_says_why, rolling_cluster) {
  auto requests = load();
  auto ended = deploy("raise_on_magic", "strategy = \"canary\"\n[[canary.step]]\nweight = 5\nhold = \"5m\"\n[[check]]\nkind = "
                                        "\"error_rate\"\n");
  BOOST_TEST(ended.code == 1);
  BOOST_TEST(contains(ended.err, "rows@2 was rolled back: error rate "), ended.err);
  auto before = requests->end();
  BOOST_TEST(before.failed > 0U);
  auto after = load(); // nobody sees it any more
  BOOST_TEST(after->answers(2000));
  auto report = after->end();
  BOOST_TEST(report.failed == 0U, report.first_error);
  auto told = cluster.node(1).troupe({"history", "rows"});
  BOOST_TEST(contains(told.out, "rolled_back"), told.out);
  auto status = cluster.node(2).troupe({"rollout", "rows"});
  BOOST_TEST(contains(status.out, "version 2 was rolled back"), status.out);
}

BOOST_FIXTURE_TEST_CASE(a_fuse_turns_a_gateway_back_at_once, rolling_cluster) {
  auto requests = load();
  auto ended = deploy("raise_on_magic", "strategy = \"canary\"\nfuse = 5\n[[canary.step]]\nweight = 5\nhold = \"5m\"\n");
  BOOST_TEST(ended.code == 1);
  BOOST_TEST(contains(ended.err, "failures of the candidate in a row"), ended.err);
  auto report = requests->end();
  BOOST_TEST(report.failed >= 5U);
  BOOST_TEST(report.failed <= 5U + 8U); // and those that were on their way
}

BOOST_FIXTURE_TEST_CASE(a_good_candidate_goes_through_and_no_request_fails, rolling_cluster) {
  goes_through("strategy = \"canary\"\n[[canary.step]]\nweight = 10\nhold = \"1s\"\nsamples = 20\n[[canary.step]]\nweight "
               "= 50\nhold = \"1s\"\nsamples = 20\n[[check]]\nkind = \"error_rate\"\n");
}

BOOST_FIXTURE_TEST_CASE(blue_green_is_looked_at_promoted_and_undone, rolling_cluster) {
  auto begun = cluster.node(3).troupe({"deploy", "rows", model_folder_of("raise_on_magic"), "--detach", "--strategy",
                                       rollout("strategy = \"blue_green\"\n[blue_green]\nasks = true\n")});
  BOOST_REQUIRE_MESSAGE(begun.code == 0, begun.err);
  BOOST_REQUIRE(eventually([&] { return contains(cluster.node(1).troupe({"rollout", "rows"}).out, "a person is asked"); }, 30s));
  BOOST_TEST(version_at(2) == 1U);
  BOOST_TEST(version_at(2, "rows@candidate") == 2U);
  BOOST_TEST(version_at(2, "rows@2") == 2U);
  auto promoted = cluster.node(2).troupe({"rollout", "rows", "promote"});
  BOOST_TEST(promoted.code == 0, promoted.err);
  BOOST_TEST(eventually([&] { return version_at(1) == 2U && version_at(2) == 2U && version_at(3) == 2U; }));
  auto back = cluster.node(2).troupe({"rollback", "rows"});
  BOOST_TEST(back.code == 0, back.err);
  BOOST_TEST(version_at(2) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_rollout_goes_on_after_its_leader_was_killed, rolling_cluster) {
  auto begun = cluster.node(3).troupe({"deploy", "rows", model_folder_of("nan_maker"), "--detach", "--strategy",
                                       rollout("strategy = \"canary\"\n[[canary.step]]\nweight = 10\nhold = \"6s\"\nsamples = "
                                               "0\n[[canary.step]]\nweight = 50\nhold = "
                                               "\"1s\"\nsamples = 0\n")});
  BOOST_REQUIRE_MESSAGE(begun.code == 0, begun.err);
  BOOST_REQUIRE(eventually([&] { return contains(cluster.node(3).troupe({"rollout", "rows"}).out, "stage 1 of 2"); }, 30s));
  cluster.node(1).process().signal(SIGKILL);
  BOOST_REQUIRE(cluster.node(1).process().wait(10s).has_value());
  cluster.node(1).restart();
  BOOST_TEST(eventually([&] { return version_at(3) == 2U; }, 60s));
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_fails_copies_is_found_and_no_client_sees_it, rolling_cluster) {
  auto requests = load();
  auto ended =
      deploy("raise_on_magic", "strategy = \"shadow\"\n[shadow]\nshare = 100\nhold = \"5m\"\n[[check]]\nkind = \"error_rate\"\n");
  BOOST_TEST(ended.code == 1);
  BOOST_TEST(contains(ended.err, "rows@2 was rolled back: error rate "), ended.err);
  BOOST_TEST(requests->answers(500));
  auto report = requests->end();
  BOOST_TEST(report.failed == 0U, report.first_error);
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_answers_copies_alike_is_live_on_all_nodes, rolling_cluster) {
  goes_through("strategy = \"shadow\"\n[shadow]\nshare = 100\nhold = \"2s\"\nsamples = 50\n[[check]]\nkind = "
               "\"disagreement\"\n");
}

BOOST_FIXTURE_TEST_CASE(rewards_are_taken_by_any_node_and_counted_once, rolling_cluster) {
  auto begun = cluster.node(3).troupe({"deploy", "rows", model_folder_of("nan_maker"), "--detach", "--strategy",
                                       rollout("strategy = \"ab\"\ntraffic.key = \"request_id\"\n[ab]\nhold = \"5m\"\n")});
  BOOST_REQUIRE_MESSAGE(begun.code == 0, begun.err);
  BOOST_REQUIRE(eventually([&] { return contains(cluster.node(3).troupe({"rollout", "rows"}).out, "(ab 50 %)"); }, 30s));
  constexpr std::size_t rewards = 21;
  for (std::size_t i = 0; i < rewards; ++i) {
    auto told = cluster.node(1 + i % 3).troupe({"feedback", "rows", "order-" + std::to_string(i), "1"});
    BOOST_TEST(told.code == 0, told.err);
  }
  BOOST_TEST(
      contains(cluster.node(1).troupe({"feedback", "rows", "order-0", "0"}).out, "0 rewards counted, 1 were known already"));
  auto counted = [&] {
    auto told = nlohmann::json::parse(cluster.node(2).troupe({"rollout", "rows", "-o", "json"}).out)["rollout"];
    return told["candidate_did"]["rewards"].get<std::size_t>() + told["incumbent_did"]["rewards"].get<std::size_t>();
  };
  BOOST_TEST(eventually([&] { return counted() == rewards; }, 20s));
}

BOOST_FIXTURE_TEST_CASE(a_rolling_rollout_replaces_replica_by_replica_and_no_request_fails, rolling_cluster) {
  auto told = goes_through("strategy = \"rolling\"\n[rolling]\nsurge = 1\nhold = \"1s\"\n");
  BOOST_TEST(contains(told, "stage 2 of 2 began: 66.6% of requests"), told);
}
