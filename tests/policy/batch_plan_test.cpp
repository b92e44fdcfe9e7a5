#define BOOST_TEST_MODULE batch_plan
#include "runtime/policy/batch_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace troupe;

namespace {

constexpr batch_limits limits{8, 1000};

waiting_request rows_of(std::uint32_t rows, std::uint64_t form = 0, std::uint64_t bytes = 10) {
  return {rows, false, form, bytes};
}

waiting_request suspect(std::uint32_t rows) {
  return {rows, true, 0, 10};
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
