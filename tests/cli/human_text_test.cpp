#define BOOST_TEST_MODULE human_text
#include "runtime/cli/human_text.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>

using namespace troupe;
using namespace std::chrono_literals;

BOOST_DATA_TEST_CASE(what_is_no_positive_duration_is_refused_with_examples,
                     boost::unit_test::data::make({"", "5", "m", "-5m", "0s", "5 weeks", "\x1b"}), text) {
  auto parsed = parse_duration(text);
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST(parsed.failure().message.find("such as 250ms, 30s, 10m, 2h or 7d") != std::string::npos);
  BOOST_TEST(parsed.failure().message.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(durations_are_a_number_and_a_unit) {
  BOOST_TEST((parse_duration("250ms").value() == 250ms));
  BOOST_TEST((parse_duration("10m").value() == 10min));
}

BOOST_AUTO_TEST_CASE(times_are_local_to_the_millisecond) {
  setenv("TZ", "UTC", 1);
  tzset();
  BOOST_TEST(time_text(1'700'000'000'123'456'789) == "2023-11-14 22:13:20.123");
}
