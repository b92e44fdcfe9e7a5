#define BOOST_TEST_MODULE rollout_lines
#include "runtime/cli/rollout_lines.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::vector<version_step> way = {
    {"validating", 1'000'000'000}, {"preparing", 1'120'000'000}, {"rolling_out", 62'000'000'000}, {"live", 62'010'000'000}};

std::vector<version_step> first(std::size_t count) {
  return {way.begin(), way.begin() + static_cast<std::ptrdiff_t>(count)};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_step_is_named_when_it_begins_and_timed_when_it_ends) {
  std::ostringstream out;
  rollout_lines lines(out, "digits@3");
  lines.show(first(1));
  BOOST_TEST(out.str() == "digits@3  validating ");
  lines.show(first(2));
  lines.show(first(2));
  BOOST_TEST(out.str()
             == "digits@3  validating     0.12 s\n"
                "digits@3  preparing  ");
  lines.show(first(4));
  BOOST_TEST(out.str()
             == "digits@3  validating     0.12 s\n"
                "digits@3  preparing     60.88 s\n"
                "digits@3  rolling_out    0.01 s\n");
}

BOOST_AUTO_TEST_CASE(each_stage_of_a_rollout_has_a_line_with_its_note) {
  std::ostringstream out;
  rollout_lines(out, "digits@3")
      .show({{"rolling_out", 0},
             {"rolling_out", 10'000'000, "stage 1 of 2 began: 1% of requests: the candidate is ready"},
             {"rolling_out", 61'210'000'000, "stage 2 of 2 began\x1b: 5% of requests"},
             {"rolled_back", 62'210'000'000, "p99 latency 31 ms"}});
  BOOST_TEST(out.str()
             == "digits@3  rolling_out    0.01 s\n"
                "digits@3  rolling_out  stage 1 of 2 began: 1% of requests: the candidate is ready   61.20 s\n"
                "digits@3  rolling_out  stage 2 of 2 began?: 5% of requests    1.00 s\n");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_begun_is_ended_at_the_end) {
  std::ostringstream out;
  {
    rollout_lines(out, "digits@3").show(first(1));
  }
  BOOST_TEST(out.str() == "digits@3  validating \n");
}

BOOST_AUTO_TEST_CASE(a_state_that_only_a_newer_node_knows_is_a_step) {
  std::ostringstream out;
  rollout_lines lines(out, "digits@3");
  lines.show({{"soothing\x1b the crowd", 0}, {"live", 1'000'000'000}});
  BOOST_TEST(out.str() == "digits@3  soothing? the crowd    1.00 s\n");
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_makes_no_negative_time) {
  std::vector<version_step> steps = {{"validating", 5}, {"live", 3}};
  BOOST_TEST((time_in(steps, 0) == 0ns));
  BOOST_TEST((time_of(steps) == 0ns));
  BOOST_TEST((time_of({}) == 0ns));
}
