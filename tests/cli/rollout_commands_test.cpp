#define BOOST_TEST_MODULE rollout_commands
#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/cli/human_text.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace troupe;
using nlohmann::json;
using test::connected;

constexpr const char* all_steps = "echo@3  validating     0.12 s\n"
                                  "echo@3  preparing      1.38 s\n"
                                  "echo@3  rolling_out    0.01 s\n";

} // namespace

BOOST_FIXTURE_TEST_CASE(deploy_uploads_in_chunks_and_shows_each_step_until_live, connected) {
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "--replicas", "2"}) == 0);
  BOOST_TEST(out == all_steps + std::string("echo@3 is live after 1.51 s\n"));
  BOOST_TEST(err == "");
  BOOST_TEST(server.uploaded() == weights);
  BOOST_TEST(server.calls()
                 == (std::vector<std::string>{"upload 2500", "write 1000", "write 1000", "write 500", "finish", "deploy echo 2"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(golden_cases_go_with_the_model, connected) {
  file("golden.json", golden("[1, 2, 3, 4]"));
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["golden"] == sha256_of(golden("[1, 2, 3, 4]")));
  BOOST_TEST(server.calls().back() == "deploy echo 0 with golden cases");
}

BOOST_FIXTURE_TEST_CASE(an_artifact_that_the_node_has_is_not_sent_again, connected) {
  BOOST_TEST(run({"deploy", "echo", model().c_str()}) == 0);
  BOOST_TEST(run({"-o", "json", "deploy", "echo", model().c_str(), "--detach"}) == 0);
  BOOST_TEST(server.uploaded() == weights);
  BOOST_TEST(json::parse(out)
             == (json{{"deployment", "echo"},
                      {"version", 3},
                      {"artifact", sha256_of(weights)},
                      {"golden", ""},
                      {"uploaded", false},
                      {"state", "validating"}}));
}

BOOST_FIXTURE_TEST_CASE(a_detached_deploy_says_how_to_look, connected) {
  BOOST_TEST(run({"deploy", "slow", model().c_str(), "--detach"}) == 0);
  BOOST_TEST(out == "slow@3 is on its way up; `troupe status slow` tells how far it is\n");
}

BOOST_FIXTURE_TEST_CASE(programs_get_one_object_at_the_end_of_a_deploy, connected) {
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "-o", "json"}) == 0);
  auto end = json::parse(out);
  BOOST_TEST(end["state"] == "live");
  BOOST_TEST(end["took_us"] == 1'510'000);
  BOOST_TEST(end["steps"].size() == 4U);
  BOOST_TEST(end["steps"][0].dump() == R"({"note":"","state":"validating","took_us":120000,"unix_ns":5000000000000})");
}

BOOST_FIXTURE_TEST_CASE(a_version_that_fails_exits_with_1_the_step_and_the_reason, connected) {
  BOOST_TEST(run({"deploy", "broken", model().c_str()}) == 1);
  BOOST_TEST(out == "broken@3  validating     0.12 s\n");
  BOOST_TEST(err == "error: broken@3 failed while validating: the model raised an error\n");
  BOOST_TEST(run({"deploy", "broken", model().c_str(), "-o", "json"}) == 1);
  BOOST_TEST(json::parse(out)["reason"] == "the model raised an error");
}

BOOST_FIXTURE_TEST_CASE(a_version_that_is_rolled_back_from_its_stages_exits_with_1_and_shows_how_far_it_came, connected) {
  BOOST_TEST(run({"deploy", "canary", model().c_str(), "--strategy", "canary"}) == 1);
  BOOST_TEST(out
             == "canary@3  validating     2.00 s\n"
                "canary@3  rolling_out    0.00 s\n"
                "canary@3  rolling_out  stage 1 of 4 began: 1% of requests: the candidate is ready   61.20 s\n"
                "canary@3  rolling_out  rolled back: p99 latency 31 ms, the incumbent's 12 ms    0.00 s\n");
  BOOST_TEST(err == "error: canary@3 was rolled back: p99 latency 31 ms, the incumbent's 12 ms\n");
  BOOST_TEST(run({"deploy", "canary", model().c_str(), "-o", "json"}) == 1);
  BOOST_TEST(json::parse(out)["steps"][2]["note"] == "stage 1 of 4 began: 1% of requests: the candidate is ready");
}

BOOST_FIXTURE_TEST_CASE(a_strategy_file_with_mistakes_is_refused_with_each_of_them_before_anything_is_sent, connected) {
  auto path = file("other.toml", "strategy = \"canary\"\nfuse = -1\nalhpa = 1\n");
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "--strategy", path.c_str()}) == 2);
  BOOST_TEST(err.find("other.toml:2") != std::string::npos, err);
  BOOST_TEST(err.find("alhpa") != std::string::npos, err);
  BOOST_TEST(server.calls().empty());
}

BOOST_FIXTURE_TEST_CASE(a_strategy_comes_from_the_command_line_or_else_from_the_folder, connected) {
  auto folders = default_rollout_toml(rollout_strategy::shadow);
  auto others = default_rollout_toml(rollout_strategy::ab);
  BOOST_TEST(run({"deploy", "echo", model().c_str()}) == 0);
  BOOST_TEST(server.rollout_toml() == "");
  file("rollout.toml", folders);
  BOOST_TEST(run({"deploy", "echo", model().c_str()}) == 0);
  BOOST_TEST(server.rollout_toml() == folders);
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "--strategy", "blue_green"}) == 0);
  BOOST_TEST(server.rollout_toml() == default_rollout_toml(rollout_strategy::blue_green));
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "--strategy", file("other.toml", others).c_str()}) == 0);
  BOOST_TEST(server.rollout_toml() == others);
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "--strategy", "rolling"}) == 0);
  BOOST_TEST(server.rollout_toml() == "");
}

BOOST_FIXTURE_TEST_CASE(a_detached_deploy_by_stages_says_how_to_follow_them, connected) {
  BOOST_TEST(run({"deploy", "slow", model().c_str(), "--detach", "--strategy", "canary"}) == 0);
  BOOST_TEST(out == "slow@3 is on its way up; `troupe rollout slow --watch` tells how far it is\n");
}

BOOST_FIXTURE_TEST_CASE(a_version_that_is_not_live_in_time_exits_with_4_and_goes_on, connected) {
  BOOST_TEST(run({"deploy", "slow", model().c_str(), "--timeout", "20ms"}) == 4);
  BOOST_TEST(out == "slow@3  validating \n");
  BOOST_TEST(err
             == "error: slow@3 is still validating after 20 ms; it goes on: `troupe status slow` tells how far it is, "
                "`troupe rollback slow` ends it, `troupe rollout slow --watch` follows it\n");
}

BOOST_FIXTURE_TEST_CASE(a_deploy_is_watched_on_once_the_leader_is_back, connected) {
  BOOST_TEST(run({"deploy", "away", model().c_str()}) == 0);
  BOOST_TEST(out.find("away@3 is live") != std::string::npos, out);
}

BOOST_FIXTURE_TEST_CASE(a_deploy_whose_leader_stays_away_exits_with_4, connected) {
  BOOST_TEST(run({"deploy", "away", model().c_str(), "--timeout", "1ms"}) == 4);
  BOOST_TEST(err.find("error: how far away@3 is can't be told after 1 ms ") == 0U, err);
  BOOST_TEST(err.find("the leader, n1, can't answer just now") != std::string::npos, err);
}

BOOST_FIXTURE_TEST_CASE(ctrl_c_ends_the_watching_and_says_that_the_version_goes_on, connected) {
  BOOST_TEST(run({"deploy", "slow", model().c_str()}) == 130);
  BOOST_TEST(err
             == "error: stopped watching slow@3; it goes on: `troupe status slow` tells how far it is, `troupe rollback slow` "
                "ends it\n");
}

BOOST_FIXTURE_TEST_CASE(a_model_larger_than_the_node_takes_is_refused_before_it_is_sent, connected) {
  weights = std::string((1 << 20) + 1, 'w');
  BOOST_TEST(run({"deploy", "echo", model().c_str()}) == 1);
  BOOST_TEST(err.find("this node takes at most 1 MiB a model") != std::string::npos);
  BOOST_TEST(server.calls().empty());
}

BOOST_FIXTURE_TEST_CASE(a_rollback_that_only_switches_tells_where_it_is, connected) {
  BOOST_TEST(run({"rollback", "echo"}) == 0);
  BOOST_TEST(out == "echo is back at version 2 after 0 s\n");
  BOOST_TEST(server.calls() == std::vector<std::string>{"rollback echo from 2 to 0"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_rollback_that_starts_a_version_again_shows_the_steps_of_now_only, connected) {
  BOOST_TEST(run({"rollback", "echo", "--to", "1"}) == 0);
  BOOST_TEST(out
             == "echo@1  preparing      1.38 s\n"
                "echo@1  rolling_out    0.01 s\n"
                "echo is back at version 1 after 0 s\n");
  BOOST_TEST(run({"rollback", "echo", "--to", "1", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["steps"].size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_first_rollout_that_is_ended_leaves_nothing_that_serves_and_says_so, connected) {
  BOOST_TEST(run({"rollback", "slow"}) == 0);
  BOOST_TEST(out == "the rollout of slow@2 has ended; no version of slow serves\n");
  BOOST_TEST(run({"rollback", "slow", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out) == (json{{"deployment", "slow"}, {"version", 0}, {"ended", 2}}));
}

BOOST_FIXTURE_TEST_CASE(a_rollback_whose_version_does_not_come_up_again_exits_with_1_and_the_reason, connected) {
  BOOST_TEST(run({"rollback", "lost"}) == 1);
  BOOST_TEST(err == "error: lost@2 did not become live: no artifact 0123 here\n");
}

BOOST_FIXTURE_TEST_CASE(a_refused_rollback_exits_with_1_and_the_nodes_words, connected) {
  BOOST_TEST(run({"rollback", "echo", "--to", "3"}) == 1);
  BOOST_TEST(err == "error: echo@3 never was live; go back to 1 or 2\n");
  BOOST_TEST(run({"rollback", "nothing"}) == 1);
  BOOST_TEST(err == "error: no deployment 'nothing'\n");
}

BOOST_FIXTURE_TEST_CASE(versions_are_shown_with_their_origin_and_what_a_rollback_to_them_costs, connected) {
  auto created = time_text(3'000'000'000'000).substr(0, 19);
  BOOST_TEST(run({"versions", "echo"}) == 0);
  BOOST_TEST(
      out
      == "VERSION  STATE       ARTIFACT      CREATED              BY                              LIVE         RESIDENT  REASON\n"
         "echo@3   failed      -             -                    -                               -            -         the "
         "model raised an error\n"
         "echo@2   live        0123456789ab  "
             + created
             + "  anna@laptop (troupe-cli 0.2.0)  since 9m     yes\n"
               "echo@1   superseded  -             -                    -                               for 34m 10s  yes\n");
  BOOST_TEST(run({"versions", "echo", "-o", "json"}) == 0);
  auto live = json::parse(out)["versions"][1];
  BOOST_TEST(live["artifact"] == "0123456789abcdef");
  BOOST_TEST(live["resident"] == true);
  BOOST_TEST(live["moves"][1]["state"] == "live");
}
