#define BOOST_TEST_MODULE version_skew
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace troupe;
using nlohmann::json;
using test::connected;
using test::fake_node;

struct older : connected {
  older() : connected(fake_node::generation::older) {}
};

struct newer : connected {
  newer() : connected(fake_node::generation::newer) {}
};

std::string unknown_call(const std::string& name) {
  return "error: this node (0.0.9) does not know '" + name + "'; this troupe is " TROUPE_VERSION ": update the node\n";
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_call_that_an_older_node_does_not_know_is_named_with_both_versions, older) {
  BOOST_TEST(run({"rollback", "echo"}) == 1);
  BOOST_TEST(err == unknown_call("rollback"));
  BOOST_TEST(run({"rollout", "echo", "pause"}) == 1);
  BOOST_TEST(err == unknown_call("steerRollout"));
  BOOST_TEST(run({"log-level"}) == 1);
  BOOST_TEST(err == unknown_call("setLogLevel"));
}

BOOST_FIXTURE_TEST_CASE(a_deploy_to_an_older_node_can_not_be_watched_but_detached, older) {
  BOOST_TEST(run({"deploy", "echo", model().c_str()}) == 1);
  BOOST_TEST(err == unknown_call("progress"));
  BOOST_TEST(run({"deploy", "echo", model().c_str(), "--detach"}) == 0);
}

BOOST_FIXTURE_TEST_CASE(what_an_older_node_does_not_tell_is_a_dash, older) {
  BOOST_TEST(run({"versions", "echo"}) == 0);
  BOOST_TEST(out
             == "VERSION  STATE       ARTIFACT  CREATED  BY  LIVE  RESIDENT  REASON\n"
                "echo@3   failed      -         -        -   -     -         the model raised an error\n"
                "echo@2   live        -         -        -   -     -\n"
                "echo@1   superseded  -         -        -   -     -\n");
  BOOST_TEST(run({"status"}) == 0);
  BOOST_TEST(run({"history", "echo"}) == 0);
  BOOST_TEST(out == "WHEN  VERSION  WHAT  WHO  WHY\n");
  BOOST_TEST(run({"rollout", "echo"}) == 0);
  BOOST_TEST(out.find("echo: no rollout is under way; version 3 failed 1h ago: the model raised an error; version 2 is live\n")
                 == 0U,
             out);
}

BOOST_FIXTURE_TEST_CASE(events_of_a_node_that_does_not_number_them_are_shown_but_not_followed, older) {
  BOOST_TEST(run({"events"}) == 0);
  BOOST_TEST(run({"events", "--follow"}) == 1);
  BOOST_TEST(err == "error: this node does not number its events, so they can't be followed: update the node\n");
}

BOOST_FIXTURE_TEST_CASE(what_only_a_newer_node_knows_is_passed_over, newer) {
  BOOST_TEST(run({"status", "echo"}) == 0);
  BOOST_TEST(out.find("echo@2   live") != std::string::npos, out);
  BOOST_TEST(run({"versions", "echo", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["versions"][1]["resident"] == true);
  BOOST_TEST(run({"deploy", "echo", model().c_str()}) == 0);
}
