#define BOOST_TEST_MODULE mean_evidence
#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/mean_evidence.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

using namespace troupe;

namespace {

struct fixture {
  mean_options options;
  mean_state state;

  /// Rewards of 0 or 1, but for some in between.
  static reward_sums drawn(rng& random, int requests, double mean) {
    reward_sums sums;
    for (int i = 0; i < requests; ++i)
      sums.record(random.chance(0.2) ? mean : random.chance(mean) ? 1 : 0);
    return sums;
  }
  void add(const reward_sums& candidate, const reward_sums& incumbent) {
    BOOST_REQUIRE(advance(state, {candidate, incumbent}, options).ok());
  }
  verdict said() const { return judge(state, options); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(mean_evidence_suite, fixture)

BOOST_AUTO_TEST_CASE(sums_that_no_rewards_from_zero_to_one_have_are_refused) {
  constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
  const reward_sums wrong[] = {{2, 3, 1},  {2, -1, 1},  {2, 1, 1.5},
                               {2, 1, -1}, {2, nan, 1}, {2, 1, nan},
                               {0, 1, 1},  {4, 2, 0.5}, {std::numeric_limits<std::uint64_t>::max(), 1, 1}};
  for (const auto& sums : wrong) {
    BOOST_TEST((advance(state, {sums, {}}, options).failure().code == error_code::invalid_argument));
    BOOST_TEST((advance(state, {{}, sums}, options).failure().code == error_code::invalid_argument));
  }
  BOOST_TEST(state.pending.candidate.count == 0U);
}

BOOST_AUTO_TEST_CASE(without_data_of_both_nothing_is_decided) {
  BOOST_TEST((said().is == standing::undecided));
  BOOST_TEST(said().reason == "reward: no requests of both versions yet");
  add({1'000, 0, 0}, {});
  BOOST_TEST((said().is == standing::undecided));
  auto found = difference(state, options);
  BOOST_TEST(found.low == -1);
  BOOST_TEST(found.high == 1);
}

BOOST_AUTO_TEST_CASE(a_candidate_without_any_reward_is_found) {
  for (int second = 0; second < 10; ++second)
    add({10, 0, 0}, {10, 10, 10});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(rewards_that_are_all_the_same_show_no_difference) {
  for (int second = 0; second < 100; ++second)
    add({10, 7, 4.9}, {10, 7, 4.9});
  BOOST_TEST((said().is == standing::undecided));
  BOOST_TEST(std::abs(difference(state, options).estimate) < 1e-9);
}

BOOST_AUTO_TEST_CASE(the_interval_holds_the_true_difference_at_all_times_and_gets_narrow) {
  int missed = 0;
  double width = 0;
  constexpr int runs = 100;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    rng random(seed);
    state = {};
    bool held = true;
    for (int second = 0; second < 100; ++second) {
      add(drawn(random, 20, 0.35), drawn(random, 20, 0.3));
      auto now = difference(state, options);
      held = held && now.low <= 0.05 && now.high >= 0.05;
    }
    missed += held ? 0 : 1;
    width += (difference(state, options).high - difference(state, options).low) / runs;
  }
  BOOST_TEST(missed <= 9);
  BOOST_TEST(width < 0.16); // at a fixed time it would be 0.05
}

BOOST_AUTO_TEST_CASE(identical_versions_are_rarely_called_worse_at_any_split) {
  for (int candidates : {100, 10, 1}) {
    int wrong = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      rng random(seed);
      state = {};
      for (int second = 0; second < 60; ++second)
        add(drawn(random, candidates, 0.1), drawn(random, 101 - candidates, 0.1));
      wrong += said().is == standing::worse ? 1 : 0;
    }
    BOOST_TEST(wrong <= 6);
  }
}

BOOST_AUTO_TEST_CASE(a_loss_is_found_and_a_gain_is_too) {
  for (double mean : {0.2, 0.4}) {
    rng random(9);
    state = {};
    for (int second = 0; second < 300; ++second)
      add(drawn(random, 10, mean), drawn(random, 10, 0.3));
    BOOST_TEST((said().is == (mean < 0.3 ? standing::worse : standing::fine)));
  }
}

BOOST_AUTO_TEST_CASE(with_a_loss_tolerated_a_candidate_that_is_as_good_becomes_fine) {
  options.loss_tolerated = 0.05;
  rng random(10);
  for (int second = 0; second < 400; ++second)
    add(drawn(random, 20, 0.3), drawn(random, 20, 0.3));
  BOOST_TEST((said().is == standing::fine));
}

BOOST_AUTO_TEST_SUITE_END()
