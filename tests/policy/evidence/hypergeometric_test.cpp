#define BOOST_TEST_MODULE hypergeometric
#include "runtime/policy/evidence/hypergeometric.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

using namespace troupe;
namespace tt = boost::test_tools;

namespace {

double log_choose(std::uint64_t n, std::uint64_t k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/// Term by term, for small tables.
double plain_sum(const two_arm_table& table, double odds) {
  double sum = 0;
  for (std::uint64_t k = 0; k <= table.candidate && k <= table.failures; ++k)
    if (table.failures - k <= table.incumbent)
      sum += std::exp(log_choose(table.candidate, k) + log_choose(table.incumbent, table.failures - k)) * std::pow(odds, k);
  return std::log(sum);
}

} // namespace

BOOST_AUTO_TEST_CASE(log_factorials_are_those_of_the_standard_library) {
  for (std::uint64_t n : {0, 1, 2, 10, 15, 16, 17, 100, 12'345, 1'000'000'000})
    BOOST_TEST(log_factorial(n) == std::lgamma(static_cast<double>(n) + 1), tt::tolerance(1e-11));
}

BOOST_AUTO_TEST_CASE(sums_are_those_of_all_terms_for_every_small_table) {
  for (std::uint64_t candidate = 0; candidate <= 7; ++candidate)
    for (std::uint64_t incumbent = 0; incumbent <= 9; ++incumbent)
      for (std::uint64_t failures = 0; failures <= candidate + incumbent; ++failures)
        for (double odds : {0.01, 0.5, 1.0, 1.25, 3.0, 64.0})
          BOOST_TEST(
              std::abs(log_weight_sum({candidate, incumbent, failures}, odds) - plain_sum({candidate, incumbent, failures}, odds))
              < 1e-9);
}

BOOST_AUTO_TEST_CASE(with_equal_odds_the_sum_is_vandermondes) {
  for (std::uint64_t failures : {1, 50, 5'000, 900'000})
    BOOST_TEST(log_weight_sum({50'000, 950'000, failures}, 1) == log_choose(1'000'000, failures), tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(where_all_failed_or_none_there_is_one_term) {
  BOOST_TEST(log_weight_sum({5, 95, 0}, 2) == 0);
  BOOST_TEST(log_weight_sum({5, 95, 100}, 2) == 5 * std::log(2.0), tt::tolerance(1e-9));
}
