#define BOOST_TEST_MODULE drift_evidence
#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/drift_evidence.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

struct fixture {
  drift_options options;
  drift_state state;

  /// Bins of ten, the first one drawn more often.
  static bin_counts drawn(rng& random, int requests, double first) {
    bin_counts bins(10);
    for (int i = 0; i < requests; ++i)
      ++bins[random.chance(first) ? 0 : random.below(10)];
    return bins;
  }
  void add(const bin_counts& candidate, const bin_counts& incumbent) {
    BOOST_REQUIRE(advance(state, {candidate, incumbent}, options).ok());
  }
  verdict said() const { return judge(state, options); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(drift_evidence_suite, fixture)

BOOST_AUTO_TEST_CASE(other_bins_than_before_or_of_the_other_arm_are_refused) {
  BOOST_TEST((advance(state, {{1, 2}, {1}}, options).failure().code == error_code::invalid_argument));
  add({1, 2}, {1, 2});
  BOOST_TEST((advance(state, {{1, 2, 3}, {1, 2, 3}}, options).failure().code == error_code::invalid_argument));
  BOOST_TEST((advance(state, {{1, ~0ULL}, {1, 2}}, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(count_of(state.candidate) == 3U);
}

BOOST_AUTO_TEST_CASE(counts_that_went_down_give_no_difference) {
  BOOST_TEST((since(bin_counts{1, 2}, bin_counts{2, 2}).failure().code == error_code::invalid_argument));
  BOOST_TEST((since(bin_counts{1}, bin_counts{1, 2}).failure().code == error_code::invalid_argument));
  BOOST_TEST((*since(bin_counts{3, 4, 5}, bin_counts{1, 4}) == bin_counts{2, 0, 5}));
}

BOOST_AUTO_TEST_CASE(without_data_of_both_nothing_is_decided) {
  BOOST_TEST((said().is == standing::undecided));
  add({1'000, 0}, {0, 0});
  BOOST_TEST((said().is == standing::undecided));
  BOOST_TEST(said().reason == "output drift 0 (KS, PSI 0), certainly over 0, 0.1 tolerated, after 0 requests");
}

BOOST_AUTO_TEST_CASE(the_same_distribution_becomes_fine_with_enough_samples) {
  add({100, 100, 99}, {1'000, 1'000, 1'000});
  BOOST_TEST((said().is == standing::undecided));
  add({100, 100, 101}, {1'000, 1'000, 1'000});
  BOOST_TEST((said().is == standing::fine));
}

BOOST_AUTO_TEST_CASE(other_answers_altogether_are_found_at_the_first_look) {
  for (auto kind : {drift_kind::numbers, drift_kind::classes}) {
    options.kind = kind;
    state = {};
    add({99, 0}, {0, 1'000});
    BOOST_TEST((said().is == standing::undecided));
    add({1, 0}, {0, 0});
    BOOST_TEST((said().is == standing::worse));
  }
}

BOOST_AUTO_TEST_CASE(a_drift_that_is_tolerated_is_never_called_worse) {
  for (auto kind : {drift_kind::numbers, drift_kind::classes}) {
    options.kind = kind;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      rng random(seed);
      state = {};
      for (int second = 0; second < 200; ++second)
        add(drawn(random, 50, 0.1), drawn(random, 100, 0)); // a distance of 0.09
      BOOST_TEST((said().is != standing::worse));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_drift_beyond_it_is_found) {
  for (auto kind : {drift_kind::numbers, drift_kind::classes}) {
    options.kind = kind;
    rng random(2);
    state = {};
    while (said().is != standing::worse && count_of(state.candidate) < 20'000)
      add(drawn(random, 10, 0.3), drawn(random, 90, 0)); // a distance of 0.27
    BOOST_TEST(count_of(state.candidate) < 1'500U);
  }
}

BOOST_AUTO_TEST_CASE(what_was_measured_beyond_the_tolerated_and_is_not_certain_holds) {
  options.samples_min = 50;
  add({60, 40}, {40, 60});
  BOOST_TEST((said().is == standing::undecided));
}

BOOST_AUTO_TEST_CASE(one_look_is_spent_however_much_comes_at_once) {
  add(bin_counts(2, 1'000'000), bin_counts(2, 1'000'000));
  BOOST_TEST(state.looks == 1U);
  add({1, 1}, {1, 1});
  BOOST_TEST(state.looks == 1U);
  add(bin_counts(2, 1'000'000), bin_counts(2, 1'000'000));
  BOOST_TEST(state.looks == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
