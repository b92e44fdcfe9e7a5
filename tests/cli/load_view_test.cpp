#define BOOST_TEST_MODULE load_view
#include "runtime/cli/load_view.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

load_report fixed_report() {
  load_report report;
  report.latency = {2000, 100us, 200us, 1500us, 3ms, 7ms};
  report.answered = 2000;
  report.elapsed = 2s;
  return report;
}

load_report refused_report() {
  auto report = fixed_report();
  report.failed = 5;
  report.unsent = 12;
  report.errors = {{"overloaded", 4}, {"unavailable", 1}};
  return report;
}

} // namespace

BOOST_AUTO_TEST_CASE(one_load_is_a_row) {
  BOOST_TEST(load_text(fixed_report(), 4)
             == "ANSWERED  FAILED  TIME  REQUESTS    ROWS     P50     P90     P99  P99.9   MAX\n"
                "    2000       0   2 s    1000/s  4000/s  100 µs  200 µs  1.5 ms   3 ms  7 ms\n");
}

BOOST_AUTO_TEST_CASE(a_closed_ramp_has_a_row_for_each_level_and_below_its_errors) {
  ramp_report ramp{std::nullopt, 1, {{1, fixed_report()}, {64, refused_report()}}};
  BOOST_TEST(ramp_text(ramp)
             == "CONCURRENCY  ANSWERED  FAILED  TIME  REQUESTS    ROWS     P50     P90     P99  P99.9   MAX\n"
                "          1      2000       0   2 s    1000/s  1000/s  100 µs  200 µs  1.5 ms   3 ms  7 ms\n"
                "         64      2000       5   2 s    1000/s  1000/s  100 µs  200 µs  1.5 ms   3 ms  7 ms\n"
                "\n"
                "CONCURRENCY  ERROR        COUNT\n"
                "         64  overloaded       4\n"
                "         64  unavailable      1\n");
}

BOOST_AUTO_TEST_CASE(an_open_ramp_tells_what_was_not_sent) {
  ramp_report ramp{arrivals::poisson, 1, {{1200, refused_report()}}};
  BOOST_TEST(ramp_text(ramp)
             == "  RATE  ANSWERED  FAILED  UNSENT  TIME  REQUESTS    ROWS     P50     P90     P99  P99.9   MAX\n"
                "1200/s      2000       5      12   2 s    1000/s  1000/s  100 µs  200 µs  1.5 ms   3 ms  7 ms\n"
                "\n"
                "  RATE  ERROR        COUNT\n"
                "1200/s  overloaded       4\n"
                "1200/s  unavailable      1\n");
}

BOOST_AUTO_TEST_CASE(programs_get_numbers) {
  auto refused = refused_report();
  refused.broken_off = command_failure(exit_code::interrupted, "stopped");
  BOOST_TEST(
      ramp_json({arrivals::constant, 2, {{1200, refused}}}).dump()
      == R"({"loop":"open","arrivals":"constant","rows":2,"levels":[{"rate":1200,"unsent":12,"answered":2000,"failed":5,)"
         R"("seconds":2.0,"requests_per_second":1000.0,"rows_per_second":2000.0,"latency_us":{"p50":100.0,"p90":200.0,)"
         R"("p99":1500.0,"p99_9":3000.0,"max":7000.0},"errors":{"overloaded":4,"unavailable":1},"broken_off":"stopped"}]})");
  auto closed = ramp_json({std::nullopt, 1, {{8, fixed_report()}}});
  BOOST_TEST(closed["loop"] == "closed");
  BOOST_TEST(closed["levels"][0]["concurrency"] == 8);
  BOOST_TEST(!closed["levels"][0].contains("unsent"));
}

BOOST_AUTO_TEST_CASE(no_answer_at_all_is_a_rate_of_nothing) {
  BOOST_TEST(load_text({}, 1)
             == "ANSWERED  FAILED  TIME  REQUESTS  ROWS  P50  P90  P99  P99.9  MAX\n"
                "       0       0   0 s       0/s   0/s  0 s  0 s  0 s    0 s  0 s\n");
}

BOOST_AUTO_TEST_CASE(a_progress_line_tells_rate_tail_and_failures) {
  BOOST_TEST(load_amount(refused_report()) == "1000/s, p99 1.5 ms, 5 failed");
}
