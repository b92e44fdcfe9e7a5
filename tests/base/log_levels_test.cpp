#define BOOST_TEST_MODULE log_levels
#include "runtime/base/log_levels.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

std::string text_of(const log_levels& levels) {
  std::string text;
  for (const auto& [origin, level] : levels.list())
    text += origin + "=" + std::string(to_string(level)) + " ";
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_level_or_origin_is_refused_and_changes_nothing) {
  log_levels levels;
  BOOST_TEST(levels.set("", "loud").failure().message == "expected one of debug, info, warn, error, off, found 'loud'");
  BOOST_TEST(levels.set("pool", "loud").failure().message
             == "expected one of debug, info, warn, error, off, default, found 'loud'");
  BOOST_TEST(!levels.set("", "default").ok());
  BOOST_TEST(!levels.set("pool", "").ok());
  auto unknown = levels.set("swimmer", "debug");
  BOOST_TEST((unknown.failure().code == error_code::invalid_argument));
  BOOST_TEST(unknown.failure().message.rfind("'swimmer' logs nothing; there are archivist, ", 0) == 0U);
  BOOST_TEST(text_of(levels) == "=info ");
}

BOOST_AUTO_TEST_CASE(a_level_shows_itself_and_what_is_worse) {
  log_levels levels;
  BOOST_REQUIRE(levels.set("", "warn").ok());
  BOOST_TEST(!levels.shows(severity::debug, "pool"));
  BOOST_TEST(!levels.shows(severity::info, "pool"));
  BOOST_TEST(levels.shows(severity::warn, "pool"));
  BOOST_TEST(levels.shows(severity::error, ""));
  BOOST_REQUIRE(levels.set("", "off").ok());
  BOOST_TEST(!levels.shows(severity::error, "pool"));
}

BOOST_AUTO_TEST_CASE(an_origin_of_its_own_level_stands_out_until_it_is_given_up) {
  log_levels levels;
  BOOST_REQUIRE(levels.set("pool", "debug").ok());
  BOOST_REQUIRE(levels.set("node", "off").ok());
  BOOST_TEST(levels.shows(severity::debug, "pool"));
  BOOST_TEST(!levels.shows(severity::debug, "replica"));
  BOOST_TEST(!levels.shows(severity::error, "node"));
  BOOST_TEST(text_of(levels) == "=info node=off pool=debug ");
  BOOST_REQUIRE(levels.set("node", "default").ok());
  BOOST_TEST(levels.shows(severity::info, "node"));
  BOOST_TEST(text_of(levels) == "=info pool=debug ");
}
