#define BOOST_TEST_MODULE batch_plan
#include "runtime/policy/batch_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr batch_limits limits{8, 1000};

waiting_request rows_of(std::uint32_t rows, std::uint64_t form = 0, std::uint64_t bytes = 10) {
  return {rows, false, form, bytes, {}, 1h, 1h};
}

waiting_request suspect(std::uint32_t rows) {
  return {rows, true, 0, 10, {}, 1h, 1h};
}

struct example {
  const char* what;
  std::vector<waiting_request> waiting;
  std::size_t taken;
};

} // namespace

BOOST_AUTO_TEST_CASE(as_many_are_taken_from_the_front_as_fit_together) {
  const std::vector<example> examples = {
      {"nothing waits", {}, 0},
      {"one", {rows_of(1)}, 1},
      {"all that wait", {rows_of(1), rows_of(2), rows_of(3)}, 3},
      {"exactly the limit", {rows_of(4), rows_of(4), rows_of(1)}, 2},
      {"one that doesn't fit ends the batch, even if a later one would fit", {rows_of(5), rows_of(4), rows_of(1)}, 1},
      {"the first alone, whatever its rows", {rows_of(9), rows_of(1)}, 1},
      {"bytes up to the limit", {rows_of(1, 0, 500), rows_of(1, 0, 500), rows_of(1, 0, 1)}, 2},
      {"the first alone, whatever its bytes", {rows_of(1, 0, 2000), rows_of(1)}, 1},
      {"another form ends the batch", {rows_of(1, 7), rows_of(1, 7), rows_of(1, 8), rows_of(1, 7)}, 2},
      {"a suspect runs alone", {suspect(1), rows_of(1)}, 1},
      {"a suspect joins nobody", {rows_of(1), suspect(1), rows_of(1)}, 1},
      {"two suspects don't share", {suspect(1), suspect(1)}, 1},
  };
  for (const auto& [what, waiting, taken] : examples)
    BOOST_TEST_CONTEXT(what)
  BOOST_TEST(plan_batch(waiting, limits) == taken);
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_gets_one_request_at_a_time) {
  BOOST_TEST(plan_batch({rows_of(0), rows_of(0)}, {0, 1000}) == 1U);
}

BOOST_AUTO_TEST_CASE(rows_and_bytes_that_would_overflow_do_not_fit) {
  auto most_rows = std::numeric_limits<std::uint32_t>::max();
  BOOST_TEST(plan_batch({rows_of(most_rows), rows_of(most_rows), rows_of(2)}, {most_rows, 1000}) == 1U);
  auto half = std::numeric_limits<std::uint64_t>::max() / 2;
  BOOST_TEST(plan_batch({rows_of(1, 0, half), rows_of(1, 0, half)}, {8, half}) == 1U);
}

// -- when a batch starts ----------------------------------------------------------------------------------------------------------

namespace {

waiting_request one_row(std::chrono::nanoseconds waited, std::chrono::nanoseconds left = 1h) {
  auto made = rows_of(1);
  made.waited = waited;
  made.left = left;
  return made;
}

waiting_request may_wait(std::chrono::nanoseconds span) {
  auto made = rows_of(1);
  made.may_wait = span;
  return made;
}

std::vector<waiting_request> rows(std::size_t count) {
  return std::vector<waiting_request>(count, one_row(0ms));
}

struct start_example {
  const char* what;
  std::vector<waiting_request> waiting;
  batching_spec wish;
  batch_start start;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_batch_starts_at_once_unless_the_version_waits_for_a_better_one) {
  constexpr auto run = 2ms;
  const std::vector<start_example> examples = {
      {"nothing waits", {}, {{4}, 10ms}, {0, 0ns}},
      {"no wish: all, at once", rows(3), {}, {3, 0ns}},
      {"a preferred size without a delay: the part that makes it up", rows(7), {{4}, 0ms}, {4, 0ns}},
      {"not reached, but no delay: all, at once", rows(3), {{4}, 0ms}, {3, 0ns}},
      {"the largest that is reached", rows(7), {{2, 4, 8}, 10ms}, {4, 0ns}},
      {"exactly reached", rows(4), {{4}, 10ms}, {4, 0ns}},
      {"not reached: as long as the delay", rows(3), {{4}, 10ms}, {0, 10ms}},
      {"the oldest counts, wherever it stands", {one_row(3ms), one_row(9ms), one_row(0ms)}, {{4}, 10ms}, {0, 1ms}},
      {"the delay is over", {one_row(10ms), one_row(0ms)}, {{4}, 10ms}, {2, 0ns}},
      {"the delay is long over", {one_row(1h)}, {{4}, 10ms}, {1, 0ns}},
      {"without preferred sizes: a full batch", rows(8), {{}, 10ms}, {8, 0ns}},
      {"without preferred sizes: not full", rows(7), {{}, 10ms}, {0, 10ms}},
      {"half of the time before a deadline comes first", {one_row(0ms, 6ms), one_row(0ms)}, {{4}, 10ms}, {0, 2ms}},
      {"half of it is over", {one_row(2ms, 4ms)}, {{4}, 10ms}, {1, 0ns}},
      {"a deadline that a run just meets", {one_row(0ms), one_row(0ms, 2ms)}, {{4}, 10ms}, {2, 0ns}},
      {"half of a timeout comes first", {may_wait(4ms)}, {{4}, 10ms}, {0, 2ms}},
      {"another form ends it: nothing can be added", {rows_of(1, 7), rows_of(1, 8)}, {{4}, 10ms}, {1, 0ns}},
      {"a suspect waits for nobody", {suspect(1)}, {{4}, 10ms}, {1, 0ns}},
      {"a request larger than the preferred size", {rows_of(6)}, {{4}, 10ms}, {1, 0ns}},
      {"requests that don't add up to it: what stays below", {rows_of(3), rows_of(3)}, {{4}, 10ms}, {1, 0ns}},
  };
  for (const auto& [what, waiting, wish, start] : examples)
    BOOST_TEST_CONTEXT(what) {
      auto found = plan_start(waiting, plan_batch(waiting, limits), limits, wish, run);
      BOOST_TEST(found.count == start.count);
      BOOST_TEST((found.wait == start.wait));
    }
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_waits_for_nothing) {
  BOOST_TEST(plan_start({rows_of(0)}, 1, {0, 1000}, {{}, 10ms}, 0ms).count == 1U);
}

BOOST_AUTO_TEST_CASE(who_has_less_time_left_than_a_run_takes_is_hopeless_among_those_of_the_batch) {
  const std::vector<waiting_request> waiting = {one_row(0ms, 5ms), one_row(0ms, 3ms)};
  BOOST_TEST(!any_is_hopeless(waiting, 2, 0ns));
  BOOST_TEST(!any_is_hopeless(waiting, 2, 3ms));
  BOOST_TEST(any_is_hopeless(waiting, 2, 4ms));
  BOOST_TEST(!any_is_hopeless(waiting, 1, 4ms));
}
