#define BOOST_TEST_MODULE failing_model
#include "tests/e2e/shared_node.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;

struct models : shared_node {
  /// A client of its own, which asks for something harmless: the deployment serves on.
  void serves_on(const std::string& deployment) {
    auto got = client.ask(deployment, {row(1)});
    BOOST_TEST(got.error == "");
    BOOST_TEST((got.outputs.size() == 1 && got.outputs[0].data == row(1).data));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(an_input_that_crashes_two_replicas_is_poisoned_and_the_next_time_refused_at_once, models) {
  node.deploy("crashes", "crash_on_magic", 2);
  auto first = client.ask("crashes", {magic_row()});
  BOOST_TEST(contains(first.error, "poisoned: "), first.error);
  BOOST_TEST(contains(first.error, "do not retry"), first.error);
  BOOST_TEST(contains(node.events("crashes"), "request_quarantined"));
  BOOST_TEST(eventually([&] { return node.ready_pids("crashes").size() == 2; }));
  auto before = node.ready_pids("crashes");
  auto again = client.ask("crashes", {magic_row()});
  BOOST_TEST(contains(again.error, "poisoned: "), again.error);
  BOOST_TEST(node.ready_pids("crashes") == before, boost::test_tools::per_element());
  serves_on("crashes");
}

BOOST_FIXTURE_TEST_CASE(requests_that_shared_a_batch_with_a_crash_are_served_all_the_same, models) {
  node.deploy("crash-batch", "crash_on_magic", 2);
  auto answers = client.ask_together("crash-batch", {row(1), row(2), magic_row(), row(3), row(4)});
  for (std::size_t i = 0; i < answers.size(); ++i)
    BOOST_TEST(contains(answers[i].error, i == 2 ? "poisoned: " : ""), i << ": " << answers[i].error);
  for (std::size_t i : {0U, 1U, 3U, 4U})
    BOOST_TEST(answers[i].error == "");
}

BOOST_FIXTURE_TEST_CASE(an_error_that_the_model_raises_fails_the_guilty_request_alone, models) {
  node.deploy("raises", "raise_on_magic");
  std::vector<named_tensor> inputs;
  for (int i = 0; i < 20; ++i)
    inputs.push_back(row(i == 7 ? 666.0F : static_cast<float>(i)));
  auto answers = client.ask_together("raises", inputs);
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (i != 7)
      BOOST_TEST(answers[i].error == "");
  BOOST_TEST(contains(answers[7].error, "model_failed: "), answers[7].error);
  BOOST_TEST(contains(answers[7].error, "the input is magic"), answers[7].error);
  BOOST_TEST(node.ready_pids("raises").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_endless_loop_is_killed_at_its_batch_timeout_and_its_input_poisoned, models) {
  node.deploy("loops", "loop_on_magic");
  auto begun = std::chrono::steady_clock::now();
  auto got = client.ask("loops", {magic_row()}, 20s);
  BOOST_TEST(contains(got.error, "poisoned: "), got.error);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 5s)); // twice the version's 500 ms, and a fork between
  BOOST_TEST(contains(node.events("loops"), "replica_crashed"));
  serves_on("loops");
}

BOOST_FIXTURE_TEST_CASE(a_model_that_runs_out_of_its_memory_fails_the_request_and_says_which_limit, models) {
  node.deploy("greedy", "alloc_100gb");
  auto got = client.ask("greedy", {magic_row()});
  BOOST_TEST(contains(got.error, "model_failed: "), got.error);
  BOOST_TEST(contains(got.error, "limits.memory"), got.error);
  serves_on("greedy");
}
