#define BOOST_TEST_MODULE units
#include "runtime/base/units.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(what_is_no_duration_gives_nothing) {
  for (auto text : {"", "1", "s", "-1s", "1 fortnight", "1.s", ".5s", "1e3s", "1s ", "1  s", "1.2.3s", "0x1s", "nan s", "293y",
                    "106752d", "9223372036854775808ns", "99999999999999999999999999s"})
    BOOST_TEST(!duration_from(text), text);
}

BOOST_AUTO_TEST_CASE(durations_are_read_exactly) {
  BOOST_TEST((duration_from("0s") == 0ns));
  BOOST_TEST((duration_from("7ns") == 7ns));
  BOOST_TEST((duration_from("12us") == 12us));
  BOOST_TEST((duration_from("250ms") == 250ms));
  BOOST_TEST((duration_from("1.5s") == 1500ms));
  BOOST_TEST((duration_from("5 m") == 5min));
  BOOST_TEST((duration_from("2h") == 2h));
  BOOST_TEST((duration_from("7d") == 168h));
  BOOST_TEST((duration_from("9223372036854775807ns") == std::chrono::nanoseconds::max()));
}

BOOST_AUTO_TEST_CASE(what_is_no_size_gives_nothing) {
  for (auto text : {"", "B", "-1", "1kb", "1 Mi", "1.MiB", "MiB1", "8388608TiB", "9223372036854775808", "1e9", "inf"})
    BOOST_TEST(!size_from(text), text);
}

BOOST_AUTO_TEST_CASE(sizes_are_read_exactly) {
  BOOST_TEST(size_from("0").value() == 0);
  BOOST_TEST(size_from("512").value() == 512);
  BOOST_TEST(size_from("512B").value() == 512);
  BOOST_TEST(size_from("4KB").value() == 4000);
  BOOST_TEST(size_from("4KiB").value() == 4096);
  BOOST_TEST(size_from("256MiB").value() == 256ULL << 20);
  BOOST_TEST(size_from("1.5 GiB").value() == 3ULL << 29);
  BOOST_TEST(size_from("1TiB").value() == 1ULL << 40);
  BOOST_TEST(size_from("9223372036854775807").value() == 0x7fffffffffffffffULL);
}

BOOST_AUTO_TEST_CASE(durations_are_shown_in_three_digits) {
  BOOST_TEST(human_duration(0ns) == "0 s");
  BOOST_TEST(human_duration(870ns) == "870 ns");
  BOOST_TEST(human_duration(1us) == "1 µs");
  BOOST_TEST(human_duration(12345ns) == "12.3 µs");
  BOOST_TEST(human_duration(250ms) == "250 ms");
  BOOST_TEST(human_duration(1234ms) == "1.23 s");
  BOOST_TEST(human_duration(59s) == "59 s");
  BOOST_TEST(human_duration(200s) == "3m 20s");
  BOOST_TEST(human_duration(2h) == "2h");
  BOOST_TEST(human_duration(2h + 5min) == "2h 5m");
  BOOST_TEST(human_duration(99h) == "4d 3h");
  BOOST_TEST(human_duration(-250ms) == "-250 ms");
}

BOOST_AUTO_TEST_CASE(rounding_moves_to_the_next_unit) {
  BOOST_TEST(human_duration(999600ns) == "1 ms");
  BOOST_TEST(human_duration(999999999ns) == "1 s");
  BOOST_TEST(human_duration(59999ms) == "1m");
  BOOST_TEST(human_duration(9996us) == "10 ms");
  BOOST_TEST(human_size((1 << 20) - 1) == "1 MiB");
}

BOOST_AUTO_TEST_CASE(the_extremes_of_a_duration_are_shown_too) {
  BOOST_TEST(human_duration(std::chrono::nanoseconds::max()) == "106751d 23h");
  BOOST_TEST(human_duration(std::chrono::nanoseconds::min()) == "-106751d 23h");
}

BOOST_AUTO_TEST_CASE(sizes_are_shown_in_three_digits) {
  BOOST_TEST(human_size(0) == "0 B");
  BOOST_TEST(human_size(512) == "512 B");
  BOOST_TEST(human_size(1536) == "1.5 KiB");
  BOOST_TEST(human_size(100 << 10) == "100 KiB");
  BOOST_TEST(human_size(1000) == "0.98 KiB");
  BOOST_TEST(human_size(256ULL << 20) == "256 MiB");
  BOOST_TEST(human_size(UINT64_MAX) == "16 EiB");
}

BOOST_AUTO_TEST_CASE(a_time_is_told_in_utc_to_the_nanosecond) {
  BOOST_TEST(utc_text(wall_time(0ns)) == "1970-01-01T00:00:00.000000000Z");
  BOOST_TEST(utc_text(wall_time(1'700'000'000'123'456'789ns)) == "2023-11-14T22:13:20.123456789Z");
  BOOST_TEST(utc_text(wall_time(-1ns)) == "1969-12-31T23:59:59.999999999Z");
}
