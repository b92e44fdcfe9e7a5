#define BOOST_TEST_MODULE steering_commands
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace troupe;
using nlohmann::json;
using test::connected;
using test::count;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_deployment_that_the_node_does_not_know_has_no_rollout_and_no_history, connected) {
  for (auto arguments : {std::vector<const char*>{"rollout", "nothing"},
                         {"rollout", "nothing", "pause"},
                         {"rollout", "nothing", "--watch"},
                         {"history", "nothing"}}) {
    BOOST_TEST(run(arguments) == 1);
    BOOST_TEST(err == "error: no deployment 'nothing'\n");
    BOOST_TEST(out == "");
  }
}

BOOST_FIXTURE_TEST_CASE(steering_that_makes_no_sense_now_exits_with_1_and_the_nodes_words, connected) {
  BOOST_TEST(run({"rollout", "canary", "resume"}) == 1);
  BOOST_TEST(err == "error: the rollout isn't paused; it goes on by itself\n");
  BOOST_TEST(out == "");
}

BOOST_FIXTURE_TEST_CASE(a_rollout_that_is_watched_until_it_is_rolled_back_exits_with_1_and_the_reason, connected) {
  BOOST_TEST(run({"rollout", "canary", "--watch", "--interval", "1ms"}) == 1);
  BOOST_TEST(count(out, "canary: version 3 takes over from version 2, stage 1 of 1 (blue_green, no requests), for 2 s\n") == 2U,
             out);
  BOOST_TEST(count(out, "canary: no rollout is under way; version 3 was rolled back 5m ago: p99 latency 31 ms") == 1U, out);
  BOOST_TEST(err == "error: canary@3 was rolled back: p99 latency 31 ms, the incumbent's 12 ms\n");
}

BOOST_FIXTURE_TEST_CASE(a_rollout_that_is_watched_until_its_version_is_live_exits_with_0, connected) {
  BOOST_TEST(run({"rollout", "graceful", "--watch", "--interval", "1ms", "-o", "json"}) == 0);
  BOOST_TEST(count(out, "\n") == 3U);
  auto last = json::parse(out.substr(out.find('\n', out.find('\n') + 1) + 1));
  BOOST_TEST(last["rollout"].is_null());
  BOOST_TEST(last["state"] == "live");
  BOOST_TEST(err == "");
}

BOOST_FIXTURE_TEST_CASE(who_watches_a_rollout_that_has_failed_already_is_told_so_by_the_exit_code, connected) {
  BOOST_TEST(run({"rollout", "echo", "--watch"}) == 1);
  auto watched = out;
  BOOST_TEST(run({"rollout", "echo"}) == 0);
  BOOST_TEST(out == watched);
  BOOST_TEST(out
             == "echo: no rollout is under way; version 3 failed 1h ago: the model raised an error; version 2 is live\n"
                "`troupe history echo` tells all that happened\n");
}

BOOST_FIXTURE_TEST_CASE(a_watch_ends_with_the_node, connected) {
  server.hang_up_after(1);
  BOOST_TEST(run({"rollout", "canary", "--watch", "--interval", "1ms"}) == 3);
  BOOST_TEST(count(out, "canary: version 3") == 1U);
}

BOOST_FIXTURE_TEST_CASE(steering_tells_in_a_line_what_holds_now, connected) {
  BOOST_TEST(run({"rollout", "canary", "pause"}) == 0);
  BOOST_TEST(out == "canary: version 3 takes over from version 2, paused in stage 1 of 1 (blue_green, no requests) after 2 s\n");
  BOOST_TEST(run({"rollout", "canary", "skip", "-o", "json"}) == 0);
  auto told = json::parse(out);
  BOOST_TEST(told["action"] == "skip");
  BOOST_TEST(told["version"] == 3);
  BOOST_TEST(told["rollout"]["paused"] == false);
  BOOST_TEST(server.calls() == (std::vector<std::string>{"steer canary pause", "steer canary skip"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_history_names_who_deployed_and_each_stage, connected) {
  BOOST_TEST(run({"history", "graceful"}) == 0);
  BOOST_TEST(out.find("WHEN                 VERSION     WHAT         WHO                             WHY\n") == 0U, out);
  BOOST_TEST(out.find("graceful@3  validating   ben@desk\n") != std::string::npos, out);
  BOOST_TEST(out.find("graceful@3  rolling_out  -                               stage 1 of 4 began: 1% of requests")
                 != std::string::npos,
             out);
  BOOST_TEST(run({"history", "graceful", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["moves"].back()["note"] == "stage 1 of 4 began: 1% of requests: the candidate is ready");
}

// -- feedback -----------------------------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(feedback_that_can_not_be_read_is_bad_usage, connected) {
  BOOST_TEST(run({"feedback", "echo", "a"}) == 2);
  BOOST_TEST(err == "error: the reward of request 'a' is missing: a number from 0 to 1\n");
  BOOST_TEST(run({"feedback", "echo", "a", "good"}) == 2);
  BOOST_TEST(run({"feedback", "echo"}, "a 1\nb\n") == 2);
  BOOST_TEST(err == "error: line 2 of the input: expected ID REWARD, found 'b'; the lines before it were sent\n");
  BOOST_TEST(run({"feedback", "nothing", "a", "1"}) == 1);
}

BOOST_FIXTURE_TEST_CASE(feedback_is_told_one_by_one_or_by_lines, connected) {
  BOOST_TEST(run({"feedback", "echo", "a", "0.5"}) == 0);
  BOOST_TEST(out == "echo: 1 reward counted\n");
  BOOST_TEST(run({"feedback", "echo"}, "a 1\nknown 0\nb 0.25\n") == 0);
  BOOST_TEST(out == "echo: 2 rewards counted, 1 were known already\n");
  BOOST_TEST(run({"feedback", "echo", "known", "1", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["known"] == 1);
}
