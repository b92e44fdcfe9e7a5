#define BOOST_TEST_MODULE watch_commands
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace troupe;
using nlohmann::json;
using test::connected;
using test::count;

} // namespace

BOOST_FIXTURE_TEST_CASE(followed_events_come_once_each_until_the_node_is_lost, connected) {
  BOOST_TEST(run({"events", "busy", "--follow", "--interval", "1ms", "--limit", "7"}) == 3);
  BOOST_TEST(out.find("TIME                     SEVERITY  EVENT\n") == 0U, out);
  BOOST_TEST(out.find("SEVERITY") == out.find("warn") - out.find('\n') - 1, out);
  BOOST_TEST(count(out, "replica_crashed") == 4U);
  BOOST_TEST(err.find("error: the connection to " + server.address() + " was lost") == 0U);
  BOOST_TEST(
      server.calls()
          == (std::vector<std::string>{"events busy 7 all", "events busy 10000 all after 2", "events busy 10000 all after 3",
                                       "events busy 10000 all after 6", "events busy 10000 all after 6"}),
      boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(followed_events_are_an_object_a_line_for_programs, connected) {
  BOOST_TEST(run({"events", "-f", "--interval", "1ms", "-o", "json"}) == 3);
  std::istringstream lines(out);
  std::vector<std::uint64_t> sequences;
  for (std::string line; std::getline(lines, line);)
    sequences.push_back(json::parse(line)["sequence"]);
  BOOST_TEST(sequences == (std::vector<std::uint64_t>{1, 2, 3, 6}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(events_that_came_too_fast_are_counted, connected) {
  BOOST_TEST(run({"events", "--follow", "--interval", "1ms"}) == 3);
  BOOST_TEST(err.find("warning: 2 events came too fast to be shown") == 0U, err);
}

BOOST_FIXTURE_TEST_CASE(events_since_a_time_are_asked_from_then_on, connected) {
  BOOST_TEST(run({"events", "--since", "1970-01-01T00:10:00Z"}) == 0);
  BOOST_TEST(server.calls().back() == "events  100 since 600000000000");
}

BOOST_FIXTURE_TEST_CASE(status_is_watched_until_the_node_is_lost, connected) {
  server.hang_up_after(3);
  BOOST_TEST(run({"status", "--watch", "--interval", "1ms"}) == 3);
  BOOST_TEST(count(out, "node node-1") == 3U);
  BOOST_TEST(count(out, "\n\nnode node-1") == 2U);
}

BOOST_FIXTURE_TEST_CASE(watched_status_is_an_object_a_line_for_programs, connected) {
  server.hang_up_after(2);
  BOOST_TEST(run({"status", "--watch", "--interval", "1ms", "-o", "json"}) == 3);
  BOOST_TEST(count(out, "\n") == 2U);
  BOOST_TEST(json::parse(out.substr(0, out.find('\n')))["node"]["name"] == "node-1");
}

BOOST_FIXTURE_TEST_CASE(log_levels_are_shown_and_set_for_one_actor_or_for_all_others, connected) {
  BOOST_TEST(run({"log-level"}) == 0);
  BOOST_TEST(out
             == "ACTOR         LEVEL\n"
                "(all others)  info\n"
                "pool          debug\n");
  BOOST_TEST(run({"log-level", "warn"}) == 0);
  BOOST_TEST(run({"log-level", "pool", "debug", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["levels"][1].dump() == R"({"actor":"pool","level":"debug"})");
  BOOST_TEST(server.calls() == (std::vector<std::string>{"log-level '' ''", "log-level '' 'warn'", "log-level 'pool' 'debug'"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_word_that_is_no_log_level_is_refused_before_the_node_is_asked, connected) {
  BOOST_TEST(run({"log-level", "pool"}) == 2);
  BOOST_TEST(err.find("error: 'pool' is no level; expected debug, info, warn, error, off") == 0U);
  BOOST_TEST(run({"log-level", "pool", "loud"}) == 2);
  BOOST_TEST(server.calls().empty());
}
