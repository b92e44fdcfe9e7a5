#define BOOST_TEST_MODULE load_sim
#include "tests/sim/sim_load.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Two replicas that take 2 ms and 0.25 ms a row, give or take a fifth, for batches of 32 at most: 6,400 rows a second.
sim_load_options two_replicas() {
  sim_load_options options;
  options.spec.max_batch = 32;
  options.runners = 2;
  options.run_fixed = 2ms;
  options.run_per_row = 250us;
  options.jitter = 0.2;
  return options;
}
constexpr double capacity = 6400;

load_figures run(const sim_load_options& options, const std::vector<sim_arrival>& arrivals) {
  auto found = sim_load(options).run(arrivals);
  BOOST_TEST_MESSAGE("sent " << found.sent << ", in time " << found.in_time << ", late " << found.late << ", refused "
                             << found.refused << ", p99 " << found.p99.count() / 1000 << " us");
  BOOST_TEST(found.sent == found.in_time + found.late + found.refused);
  return found;
}

} // namespace

BOOST_AUTO_TEST_CASE(steady_requests_are_all_answered_soon) {
  auto found = run(two_replicas(), steady_arrivals(1, 0.7 * capacity, 5s, 100ms));
  BOOST_TEST(found.in_time == found.sent);
  BOOST_TEST((found.p99 < 40ms));
}

BOOST_AUTO_TEST_CASE(bursts_that_fit_between_their_deadlines_are_all_answered) {
  auto found = run(two_replicas(), bursty_arrivals(2, 400, 250ms, 5s, 100ms));
  BOOST_TEST(found.in_time == found.sent);
}

BOOST_AUTO_TEST_CASE(at_twice_its_capacity_a_pool_does_only_useful_work) {
  auto found = run(two_replicas(), steady_arrivals(3, 2 * capacity, 5s, 100ms));
  BOOST_TEST(static_cast<double>(found.in_time) >= 0.9 * capacity * 5);
  BOOST_TEST((found.p99 <= 100ms));
}

BOOST_AUTO_TEST_CASE(bursts_at_twice_the_capacity_lose_little_of_it) {
  auto found = run(two_replicas(), bursty_arrivals(4, static_cast<std::size_t>(2 * capacity * 0.05), 50ms, 5s, 100ms));
  BOOST_TEST(static_cast<double>(found.in_time) >= 0.9 * capacity * 5);
  BOOST_TEST((found.p99 <= 100ms));
}

BOOST_AUTO_TEST_CASE(replicas_that_become_five_times_slower_are_soon_used_for_what_they_still_can_do) {
  auto options = two_replicas();
  options.slow_from = 1s;
  options.slow_factor = 5;
  auto found = run(options, steady_arrivals(5, 2 * capacity, 5s, 200ms));
  BOOST_TEST(static_cast<double>(found.in_time) >= 0.9 * (capacity + 4 * capacity / 5));
  BOOST_TEST(static_cast<double>(found.late) <= 0.05 * static_cast<double>(found.in_time));
}

BOOST_AUTO_TEST_CASE(a_single_hiccup_of_a_second_refuses_nobody_after_it) {
  auto options = two_replicas();
  options.hiccup_at = 1s;
  options.hiccup = 1s;
  auto found = run(options, steady_arrivals(6, 0.4 * capacity, 5s, 100ms));
  BOOST_TEST(found.refused + found.late <= 64U); // the batch itself, and who met it
}

BOOST_AUTO_TEST_CASE(a_high_priority_is_in_time_however_many_others_come) {
  auto options = two_replicas();
  options.spec.queue_levels.resize(2);
  options.spec.default_priority = 2;
  auto arrivals = steady_arrivals(7, 2 * capacity, 5s, 100ms);
  for (std::size_t i = 0; i < arrivals.size(); i += 10)
    arrivals[i].priority = 1;
  auto found = run(options, arrivals);
  BOOST_TEST(found.in_time_of_high == found.sent_of_high);
  BOOST_TEST(static_cast<double>(found.in_time) >= 0.9 * capacity * 5);
}

BOOST_AUTO_TEST_CASE(a_delay_makes_larger_batches_and_nobody_waits_longer_for_them) {
  auto options = two_replicas();
  auto arrivals = steady_arrivals(8, 0.2 * capacity, 5s, 100ms);
  auto eager = run(options, arrivals);
  options.spec.batching = {{8}, 5ms};
  auto patient = run(options, arrivals);
  BOOST_TEST(patient.in_time == patient.sent);
  BOOST_TEST(patient.batches * 3 < eager.batches * 2);
  BOOST_TEST((patient.slowest < eager.slowest + 5ms + 2ms));
}

BOOST_AUTO_TEST_CASE(the_same_arrivals_give_the_same_figures) {
  auto arrivals = steady_arrivals(9, 2 * capacity, 1s, 100ms);
  auto one = run(two_replicas(), arrivals);
  auto two = run(two_replicas(), arrivals);
  BOOST_TEST(one.in_time == two.in_time);
  BOOST_TEST((one.slowest == two.slowest));
}
