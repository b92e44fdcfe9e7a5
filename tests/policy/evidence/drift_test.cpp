#define BOOST_TEST_MODULE drift
#include "runtime/policy/evidence/drift.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

using namespace troupe;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_CASE(an_empty_arm_is_at_no_distance) {
  for (const auto& none : {bin_counts{}, bin_counts{0, 0}}) {
    BOOST_TEST(psi(none, {1, 2}) == 0);
    BOOST_TEST(ks_distance({1, 2}, none) == 0);
    BOOST_TEST(class_mix_distance(none, none) == 0);
  }
}

BOOST_AUTO_TEST_CASE(distances_are_those_done_by_hand) {
  struct row {
    bin_counts candidate;
    bin_counts incumbent;
    double ks;
    double mix;
  };
  const row rows[] = {
      {{1, 1}, {50, 50}, 0, 0}, {{1, 0}, {0, 1}, 1, 1}, {{2, 2}, {1, 3}, 0.25, 0.25}, {{2, 0, 2, 0}, {0, 2, 0, 2}, 0.5, 1},
      {{4}, {4, 4}, 0.5, 0.5}, // a bin that only one has
  };
  for (const auto& each : rows) {
    BOOST_TEST(ks_distance(each.candidate, each.incumbent) == each.ks, tt::tolerance(1e-12));
    BOOST_TEST(class_mix_distance(each.candidate, each.incumbent) == each.mix, tt::tolerance(1e-12));
    BOOST_TEST(ks_distance(each.incumbent, each.candidate) == each.ks, tt::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(psi_of_many_is_the_textbooks_and_finite_where_a_bin_is_empty) {
  auto textbook = (0.5 - 0.4) * std::log(0.5 / 0.4) + (0.5 - 0.6) * std::log(0.5 / 0.6);
  BOOST_TEST(psi({500'000, 500'000}, {400'000, 600'000}) == textbook, tt::tolerance(1e-4));
  BOOST_TEST(std::isfinite(psi({100, 0}, {0, 100})));
  BOOST_TEST(psi({7, 3}, {7, 3}) == 0);
}

BOOST_AUTO_TEST_CASE(psi_is_at_least_what_the_distance_says) {
  const bin_counts mixes[] = {{10, 20, 70}, {30, 30, 40}, {1, 1, 98}, {33, 33, 34}, {80, 10, 10}};
  for (const auto& p : mixes)
    for (const auto& q : mixes) {
      double plain = 0;
      for (std::size_t i = 0; i < p.size(); ++i)
        plain += (static_cast<double>(p[i]) - static_cast<double>(q[i])) / 100
                 * std::log(static_cast<double>(p[i]) / static_cast<double>(q[i]));
      BOOST_TEST(plain >= psi_at_least(class_mix_distance(p, q)) - 1e-12);
    }
  BOOST_TEST(psi_at_least(0) == 0);
  BOOST_TEST(std::isinf(psi_at_least(1)));
}

BOOST_AUTO_TEST_CASE(groups_hold_about_equal_parts_and_all_that_there_is) {
  bin_counts incumbent(1'000);
  bin_counts candidate(1'000);
  for (std::size_t i = 0; i < 1'000; ++i) {
    incumbent[i] = i % 7;
    candidate[i] = i % 5;
  }
  auto grouped = group_bins(candidate, incumbent, 10);
  BOOST_TEST(grouped.incumbent.size() == 10U);
  BOOST_TEST(grouped.candidate.size() == 10U);
  BOOST_TEST(count_of(grouped.incumbent) == count_of(incumbent));
  BOOST_TEST(count_of(grouped.candidate) == count_of(candidate));
  for (auto part : grouped.incumbent)
    BOOST_TEST(std::abs(static_cast<double>(part) - 300) < 10);
}

BOOST_AUTO_TEST_CASE(groups_of_one_bin_of_nothing_and_of_what_only_the_candidate_has) {
  BOOST_TEST(group_bins({}, {}).incumbent.empty());
  BOOST_TEST((group_bins({3}, {5}).candidate == bin_counts{3}));
  auto late = group_bins({0, 0, 9}, {4, 4, 0}, 2);
  BOOST_TEST((late.candidate == bin_counts{0, 9}));
  BOOST_TEST((late.incumbent == bin_counts{4, 4}));
}

BOOST_AUTO_TEST_CASE(bins_of_numbers_are_in_ascending_order_and_none_is_outside) {
  constexpr auto infinite = std::numeric_limits<double>::infinity();
  std::size_t last = 0;
  for (double value : {-infinite, -1e9, -1e5, -3.0, -1.0, -0.5, -1e-5, 0.0, 1e-5, 0.5, 1.0, 3.0, 1e5, 1e9, infinite}) {
    auto bin = value_bin(value);
    BOOST_TEST(bin < value_bin_count);
    BOOST_TEST(bin >= last);
    last = bin;
  }
  BOOST_TEST(value_bin(-infinite) == 0U);
  BOOST_TEST(value_bin(infinite) == value_bin_count - 1);
  BOOST_TEST(value_bin(0) == value_bin_count / 2);
  BOOST_TEST(value_bin(-0.0) == value_bin(1e-300));
  BOOST_TEST(value_bin(std::numeric_limits<double>::quiet_NaN()) == value_bin(0));
}

BOOST_AUTO_TEST_CASE(numbers_that_differ_by_an_eighth_have_bins_of_their_own) {
  for (double value = std::ldexp(1.0, -20); value < std::ldexp(1.0, 20); value *= 1.13) {
    BOOST_TEST(value_bin(value * 1.13) > value_bin(value));
    BOOST_TEST(value_bin(-value * 1.13) < value_bin(-value));
    BOOST_TEST(value_bin(value * 1.13) <= value_bin(value) + 2);
  }
}
