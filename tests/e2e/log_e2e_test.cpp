#define BOOST_TEST_MODULE log_e2e
#include "tests/e2e/answers.hpp"
#include "tests/e2e/raw_client.hpp"
#include "tests/e2e/running_node.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

using namespace troupe;
using namespace troupe::test;

namespace {

std::vector<nlohmann::json> json_lines(const std::string& log) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);)
    lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// Sets a level as `troupe log-level` does; gives the refusal, or "".
std::string set_level(caller& client, const char* actor, const char* level) {
  auto call = client.node().control().setLogLevelRequest();
  call.setActor(actor);
  call.setLevel(level);
  return client.node().wait(call.send()).getError().getMessage().cStr();
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_level_or_format_is_refused) {
  BOOST_TEST(contains(run_program({troupe_program(), "node", "--log-level", "loud"}).err, "expected one of debug, info"));
  BOOST_TEST(contains(run_program({troupe_program(), "node", "--log-format", "xml"}).err, "expected text or json"));
  BOOST_TEST(contains(run_program({troupe_program(), "node", "--drain-timeout", "soon"}).err, "'soon' is no duration"));
}

BOOST_AUTO_TEST_CASE(as_json_every_line_is_an_object_with_a_key_for_each_field) {
  running_node node({"--log-format", "json"});
  node.deploy("rows", "raise_on_magic");
  BOOST_TEST(node.process().stop().value_or(-1) == 0);
  auto lines = json_lines(node.process().log());
  BOOST_REQUIRE(lines.size() >= 3U);
  for (const auto& line : lines)
    for (const auto* key : {"time", "level", "event"})
      BOOST_TEST(line.contains(key), line.dump());
  auto serves = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line["event"] == "node_serves"; });
  BOOST_REQUIRE((serves != lines.end()));
  BOOST_TEST((*serves)["actor"] == "node");
  BOOST_TEST((*serves)["address"] == node.address());
}

BOOST_AUTO_TEST_CASE(a_time_in_the_log_is_one_that_events_may_be_asked_from) {
  running_node node;
  node.deploy("rows", "raise_on_magic");
  auto log = node.process().log();
  auto deployed = log.rfind('\n', log.find(" info version_live ")) + 1;
  auto time = log.substr(deployed, log.find(' ', deployed) - deployed);
  auto told = run_program({troupe_program(), "--node", node.address(), "events", "rows", "--since", time});
  BOOST_TEST(contains(told.out, "version_live"), time << told.err);
  BOOST_TEST(!contains(told.out, "version_deployed"));
}

BOOST_AUTO_TEST_CASE(levels_change_while_a_node_runs_and_events_are_kept_alike) {
  running_node node({"--log-level", "off"});
  caller client(node.address());
  BOOST_TEST(contains(set_level(client, "swimmer", "debug"), "'swimmer' logs nothing"));
  node.deploy("first", "raise_on_magic");
  BOOST_TEST(node.process().log() == "");
  BOOST_TEST(contains(node.events("first"), "first")); // the journal has them
  BOOST_TEST(set_level(client, "", "info") == "");
  node.deploy("second", "raise_on_magic");
  BOOST_TEST(contains(node.process().log(), "deployment=second"));
  BOOST_TEST(!contains(node.process().log(), "deployment=first"));
}

BOOST_AUTO_TEST_CASE(one_kind_of_actor_may_tell_more_than_the_others) {
  temporary_folder folder;
  auto config = (folder.path() / "node.toml").string();
  std::ofstream(config) << "[log]\nlevel = \"warn\"\n[log.actors]\nsupervisor = \"debug\"\n";
  running_node node({"--config", config});
  BOOST_TEST(contains(node.process().log(), "debug child_up"), node.process().log());
  BOOST_TEST(!contains(node.process().log(), "node_serves"));
  BOOST_TEST(!contains(node.events(""), "child_up")); // debug events are for the log alone
}
