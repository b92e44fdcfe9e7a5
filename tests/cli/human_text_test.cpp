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

BOOST_AUTO_TEST_CASE(since_is_a_duration_before_now_or_a_moment) {
  constexpr std::int64_t now = 1'700'000'000'000'000'000;
  constexpr std::int64_t second = 1'000'000'000;
  BOOST_TEST(*parse_since("10m", now) == now - 600 * second);
  BOOST_TEST(*parse_since("2023-11-14T22:13:20Z", 0) == now);
  BOOST_TEST(*parse_since("2023-11-14T23:13:20.25+01:00", 0) == now + second / 4);
  BOOST_TEST(*parse_since("2023-11-14T17:43:20-04:30", 0) == now);
  BOOST_TEST(*parse_since(time_text(now + second / 4), 0) == now + second / 4);
  BOOST_TEST(*parse_since("2023-11-14 22:13:20", 0) == *parse_since(time_text(now), 0));
}

BOOST_AUTO_TEST_CASE(what_is_neither_a_duration_nor_a_moment_is_refused_with_how_to_write_them) {
  for (auto text : {"", "yesterday", "0s", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20+1:00",
                    "2023-11-14T22:13:20+99:00", "2023-11-14T22:13:20Z!", "2023-11-14 22:13:20 or so"})
    BOOST_TEST(parse_since(text, 0).failure().message
               == "'" + std::string(text) + "' is no duration and no time; write 30s, 10m, 2h, 7d… or 2026-11-23T02:39:50Z");
}
