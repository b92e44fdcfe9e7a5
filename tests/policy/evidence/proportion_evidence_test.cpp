#define BOOST_TEST_MODULE proportion_evidence
#include "runtime/policy/evidence/proportion_evidence.hpp"
#include "tests/policy/evidence/arms.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
namespace tt = boost::test_tools;

namespace {

struct fixture {
  proportion_options options;
  proportion_state state;

  void add(failure_count batch) { BOOST_REQUIRE(advance(state, batch, options).ok()); }
  verdict said() const { return judge(state, options); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(proportion_evidence_suite, fixture)

BOOST_AUTO_TEST_CASE(counts_that_can_not_be_are_refused) {
  BOOST_TEST((advance(state, {2, 1}, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(state.total.requests == 0U);
}

BOOST_AUTO_TEST_CASE(without_data_nothing_is_decided) {
  add({0, 0});
  BOOST_TEST((said().is == standing::undecided));
  BOOST_TEST(said().evidence == 1);
  BOOST_TEST(said().reason == "disagreement 0 % with 1 % tolerated, e-value 1 of 20 after 0 of 500 requests");
}

BOOST_AUTO_TEST_CASE(fine_takes_enough_requests) {
  add({0, 499});
  BOOST_TEST((said().is == standing::undecided));
  add({0, 1});
  BOOST_TEST((said().is == standing::fine));
}

BOOST_AUTO_TEST_CASE(nothing_but_failures_are_found_at_once) {
  add({10, 10});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(where_none_is_tolerated_a_single_one_is_proof) {
  options.bound = 0;
  add({0, 1'000});
  BOOST_TEST((said().is == standing::fine));
  add({1, 1'000});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(the_mean_e_value_is_one_at_the_bound_and_less_below) {
  for (double rate : {options.bound, options.bound / 2}) {
    double mean = 0;
    for (std::uint64_t failed : {0, 1}) { // one request
      auto next = state;
      BOOST_REQUIRE(advance(next, {failed, 1}, options).ok());
      mean += (failed == 1 ? rate : 1 - rate) * std::exp(next.mixture.log_e);
    }
    if (rate < options.bound)
      BOOST_TEST(mean < 1);
    else
      BOOST_TEST(mean == 1, tt::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(a_proportion_at_the_bound_is_rarely_called_worse_and_twice_of_it_is_found) {
  int wrong = 0;
  int found = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    rng random(seed);
    state = {};
    for (int second = 0; second < 200; ++second)
      add(drawn(random, 20, options.bound));
    wrong += said().is == standing::worse ? 1 : 0;
    state = {};
    for (int second = 0; second < 250; ++second)
      add(drawn(random, 20, 2 * options.bound));
    found += said().is == standing::worse ? 1 : 0;
  }
  BOOST_TEST(wrong <= 12);
  BOOST_TEST(found >= 145);
}

BOOST_AUTO_TEST_SUITE_END()
