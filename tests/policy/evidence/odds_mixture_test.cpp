#define BOOST_TEST_MODULE odds_mixture
#include "runtime/policy/evidence/odds_mixture.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

using namespace troupe;
namespace tt = boost::test_tools;

namespace {

odds_log_ratios all(double log_ratio) {
  odds_log_ratios ratios{};
  ratios.fill(log_ratio);
  return ratios;
}

} // namespace

BOOST_AUTO_TEST_CASE(weights_are_a_distribution) {
  BOOST_TEST(std::accumulate(odds_weights.begin(), odds_weights.end(), 0.0) == 1, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(before_the_first_bet_the_e_value_is_one) {
  BOOST_TEST(odds_mixture{}.log_e == 0);
}

BOOST_AUTO_TEST_CASE(bets_that_win_and_lose_nothing_leave_the_capital_as_it_is) {
  odds_mixture mixture;
  for (int i = 0; i < 10'000; ++i)
    bet(mixture, all(0));
  BOOST_TEST(std::abs(mixture.log_e) < 1e-9);
  BOOST_TEST(mixture.bets == 10'000U);
}

BOOST_AUTO_TEST_CASE(a_fair_bet_has_a_mean_of_one_at_any_time) {
  odds_mixture mixture;
  for (double loss : {0.1, 0.2, 0.05, 0.3}) { // after some losses: the mean of the next e-value is the present one
    auto won = mixture;
    auto lost = mixture;
    bet(won, all(std::log(1.5)));
    bet(lost, all(std::log(0.5)));
    BOOST_TEST((std::exp(won.log_e) + std::exp(lost.log_e)) / 2 == std::exp(mixture.log_e), tt::tolerance(1e-9));
    bet(mixture, all(-loss));
  }
}

BOOST_AUTO_TEST_CASE(the_peak_stays_when_the_capital_falls) {
  odds_mixture mixture;
  bet(mixture, all(3));
  auto high = mixture.log_e;
  bet(mixture, all(-3));
  BOOST_TEST(mixture.log_e < high);
  BOOST_TEST(mixture.log_e_peak == high);
}

BOOST_AUTO_TEST_CASE(what_begins_after_long_losses_is_found_as_from_a_small_stake) {
  odds_mixture mixture;
  for (int i = 0; i < 3'600; ++i)
    bet(mixture, all(-0.1)); // a plain product would be at -360
  BOOST_TEST(mixture.log_e > std::log(0.01));
  for (int i = 0; i < 60; ++i)
    bet(mixture, all(0.25));
  BOOST_TEST(mixture.log_e > std::log(20.0));
}

BOOST_AUTO_TEST_CASE(ruin_and_riches_are_no_numbers_that_break_it) {
  odds_mixture mixture;
  bet(mixture, all(-1e6));
  bet(mixture, all(-1e6));
  BOOST_TEST(std::isfinite(mixture.log_e));
  bet(mixture, all(1e6));
  BOOST_TEST(std::isfinite(mixture.log_e));
  BOOST_TEST(mixture.log_e > 1e5);
}
