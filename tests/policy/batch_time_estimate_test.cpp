#define BOOST_TEST_MODULE batch_time_estimate
#include "runtime/policy/batch_time_estimate.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct fixture {
  batch_time_estimate estimate;
  steady_time now{1h};

  void add(std::uint32_t rows, std::chrono::nanoseconds took, int times = 1) {
    for (int i = 0; i < times; ++i)
      estimate.add(rows, took, now += 1ms);
  }
  std::chrono::nanoseconds mean(std::uint32_t rows) const { return estimate.mean(rows, now); }
  std::chrono::nanoseconds upper(std::uint32_t rows) const { return estimate.upper(rows, now); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(batch_time_estimate_suite, fixture)

BOOST_AUTO_TEST_CASE(nothing_is_known_before_a_batch_was_measured) {
  BOOST_TEST((mean(1) == 0ns));
  BOOST_TEST((upper(4096) == 0ns));
}

BOOST_AUTO_TEST_CASE(steady_times_are_told_as_they_are) {
  add(32, 10ms, 20);
  BOOST_TEST((mean(32) == 10ms));
  BOOST_TEST((upper(32) == 10ms));
}

BOOST_AUTO_TEST_CASE(times_that_vary_raise_the_upper_bound_and_not_the_mean) {
  for (int i = 0; i < 100; ++i)
    add(8, i % 2 == 0 ? 8ms : 12ms);
  BOOST_TEST((mean(8) > 9500us && mean(8) < 10500us));
  BOOST_TEST((upper(8) > 16ms && upper(8) < 19ms));
}

BOOST_AUTO_TEST_CASE(one_hiccup_changes_little) {
  add(8, 10ms, 10);
  add(8, 5s);
  BOOST_TEST((mean(8) < 12ms));
  BOOST_TEST((upper(8) < 22ms));
}

BOOST_AUTO_TEST_CASE(what_stays_slower_is_believed_in_a_few_batches_and_what_gets_faster_too) {
  add(8, 10ms, 10);
  add(8, 40ms, 20);
  BOOST_TEST((mean(8) > 32ms));
  add(8, 10ms, 20);
  BOOST_TEST((mean(8) < 13ms));
}

BOOST_AUTO_TEST_CASE(a_larger_batch_is_taken_to_be_no_faster_than_a_smaller_one_and_not_the_other_way_round) {
  add(4, 3ms);
  BOOST_TEST((mean(32) == 3ms));
  BOOST_TEST((mean(5) == 3ms));
  BOOST_TEST((mean(3) == 0ns));
  add(32, 10ms);
  BOOST_TEST((mean(32) == 10ms));
  BOOST_TEST((mean(5) == 3ms));
}

BOOST_AUTO_TEST_CASE(what_no_batch_confirmed_for_a_while_is_forgotten) {
  add(8, 10ms, 10);
  now += batch_time_estimate::valid_for;
  BOOST_TEST((mean(8) == 10ms));
  now += 1ns;
  BOOST_TEST((mean(8) == 0ns));
  add(8, 1ms);
  BOOST_TEST((mean(8) == 1ms));
}

BOOST_AUTO_TEST_CASE(a_batch_that_stood_still_with_its_machine_says_little) {
  add(8, 10ms, 10);
  now += 6s;
  add(8, 6s);
  BOOST_TEST((mean(8) == 20ms));
  add(8, 10ms, 20);
  BOOST_TEST((mean(8) < 12ms));
}

BOOST_AUTO_TEST_CASE(models_without_batches_and_the_largest_number_of_rows_have_a_class) {
  add(0, 2ms);
  BOOST_TEST((mean(0) == 2ms));
  add(~0U, 3ms);
  BOOST_TEST((mean(~0U) == 3ms));
}

BOOST_AUTO_TEST_SUITE_END()
