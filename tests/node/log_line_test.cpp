#define BOOST_TEST_MODULE log_line
#include "runtime/node/log_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace troupe;

namespace {

wall_time at(std::int64_t ns) {
  return wall_time(std::chrono::nanoseconds(ns));
}

} // namespace

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_and_lines_do_not_break_the_object) {
  auto line = json_log_line({at(0), severity::error, "model_failed", {{"reason", "a\xff\n\"b\""}}});
  BOOST_TEST(line.find('\n') == std::string::npos);
  BOOST_TEST(nlohmann::json::parse(line)["reason"] == "a\xef\xbf\xbd\n\"b\"");
}

BOOST_AUTO_TEST_CASE(each_field_has_its_own_key) {
  auto line = json_log_line({at(1'700'000'000'123'456'789),
                             severity::warn,
                             "replica_crashed",
                             {{"deployment", "digits"}, {"version", "2"}},
                             "replica"});
  BOOST_TEST(line
             == R"({"time":"2023-11-14T22:13:20.123456789Z","level":"warn","event":"replica_crashed","actor":"replica",)"
                R"("deployment":"digits","version":"2"})");
}

BOOST_AUTO_TEST_CASE(a_field_does_not_hide_what_every_line_has) {
  auto line = nlohmann::json::parse(json_log_line({at(0), severity::info, "node_serves", {{"event", "x"}, {"level", "y"}}}));
  BOOST_TEST(line["event"] == "node_serves");
  BOOST_TEST(line["event_"] == "x");
  BOOST_TEST(line["level_"] == "y");
  BOOST_TEST(!line.contains("actor"));
}
