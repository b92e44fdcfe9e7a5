#define BOOST_TEST_MODULE queue_policy
#include "runtime/policy/queue_policy.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const steady_time start{1h};

queue_level level_with(std::chrono::microseconds timeout, bool may_override) {
  queue_level made;
  made.timeout = timeout;
  made.may_override = may_override;
  return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_priority_that_there_is_not_means_the_default) {
  model_spec spec;
  BOOST_TEST(level_of(spec, 0) == 0U);
  BOOST_TEST(level_of(spec, 7) == 0U);
  spec.queue_levels.resize(3);
  spec.default_priority = 2;
  struct {
    std::uint64_t asked;
    std::size_t level;
  } const examples[] = {{0, 1}, {1, 0}, {2, 1}, {3, 2}, {4, 1}, {~0ULL, 1}};
  for (const auto& each : examples)
    BOOST_TEST(level_of(spec, each.asked) == each.level, each.asked);
}

BOOST_AUTO_TEST_CASE(a_request_can_only_ask_for_a_shorter_timeout) {
  struct {
    const char* what;
    queue_level level;
    std::chrono::microseconds asked;
    std::chrono::microseconds holds;
  } const examples[] = {
      {"nothing is asked for", level_with(10ms, true), 0us, 10ms},
      {"shorter", level_with(10ms, true), 5ms, 5ms},
      {"longer", level_with(10ms, true), 20ms, 10ms},
      {"the level has none", level_with(0us, true), 20ms, 20ms},
      {"not allowed", level_with(10ms, false), 5ms, 10ms},
      {"not allowed, and the level has none", level_with(0us, false), 5ms, 0us},
      {"negative", level_with(10ms, true), -5ms, 10ms},
  };
  for (const auto& each : examples)
    BOOST_TEST((timeout_of(each.level, each.asked) == each.holds), each.what);
}

BOOST_AUTO_TEST_CASE(a_timeout_that_a_request_asks_for_is_its_deadline_where_waiting_longer_is_refused) {
  auto delaying = level_with(0us, true);
  delaying.on_timeout = timeout_action::delay;
  struct {
    const char* what;
    queue_level level;
    std::chrono::microseconds asked;
    std::chrono::microseconds patience;
  } const examples[] = {
      {"nothing is asked for", level_with(10ms, true), 0us, 0us},
      {"shorter than the level's", level_with(10ms, true), 5ms, 5ms},
      {"longer: it may wait less, but run on", level_with(10ms, true), 20ms, 20ms},
      {"not allowed", level_with(10ms, false), 5ms, 0us},
      {"the level delays", delaying, 5ms, 0us},
      {"negative", level_with(0us, true), -5ms, 0us},
  };
  for (const auto& each : examples)
    BOOST_TEST((patience_of(each.level, each.asked) == each.patience), each.what);
}

BOOST_AUTO_TEST_CASE(of_the_time_that_a_sender_gives_a_little_is_set_aside_for_the_way) {
  BOOST_TEST((without_travel(0us) == 0us));
  BOOST_TEST((without_travel(63us) == 63us));
  BOOST_TEST((without_travel(64ms) == 63ms));
  BOOST_TEST((without_travel(128ms) == 126ms));
  BOOST_TEST((without_travel(1min) == 1min - 2ms));
}

BOOST_AUTO_TEST_CASE(a_deadline_refuses_and_a_timeout_does_what_its_level_says) {
  struct {
    const char* what;
    std::chrono::nanoseconds deadline;
    std::chrono::nanoseconds wait;
    timeout_action action;
    waiting_fate fate;
  } const examples[] = {
      {"both lie ahead", 2ms, 1ms, timeout_action::reject, waiting_fate::waits},
      {"the timeout is over", 2ms, 0ms, timeout_action::reject, waiting_fate::timed_out},
      {"the timeout is over, and delays", 2ms, -1ms, timeout_action::delay, waiting_fate::delayed},
      {"the deadline is over", 0ms, 1ms, timeout_action::reject, waiting_fate::late},
      {"both are over, and the timeout would delay", -1ms, -1ms, timeout_action::delay, waiting_fate::late},
  };
  for (const auto& each : examples)
    BOOST_TEST((fate_of(start, start + each.deadline, start + each.wait, each.action) == each.fate), each.what);
}

BOOST_AUTO_TEST_CASE(the_least_time_counts_full_batches_dealt_to_all_runners) {
  struct {
    const char* what;
    queue_ahead ahead;
    std::uint32_t batch_rows_max;
    std::chrono::nanoseconds run;
    std::chrono::nanoseconds least;
  } const examples[] = {
      {"nothing waits", {0, 0, 1}, 8, 10ms, 0ms},
      {"no runner yet", {80, 80, 0}, 8, 10ms, 0ms},
      {"nothing is known", {80, 80, 1}, 8, 0ms, 0ms},
      {"shares the next batch", {7, 7, 1}, 8, 10ms, 10ms},
      {"behind a full batch", {8, 8, 1}, 8, 10ms, 20ms},
      {"ten full batches", {80, 80, 1}, 8, 10ms, 110ms},
      {"two runners share them", {80, 80, 2}, 8, 10ms, 60ms},
      {"more runners than batches", {8, 8, 4}, 8, 10ms, 10ms},
      {"without batches each request is a run", {0, 3, 1}, 0, 10ms, 40ms},
  };
  for (const auto& each : examples)
    BOOST_TEST((least_time(each.ahead, each.batch_rows_max, each.run) == each.least), each.what);
}
