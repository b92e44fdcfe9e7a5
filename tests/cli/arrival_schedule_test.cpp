#define BOOST_TEST_MODULE arrival_schedule
#include "runtime/cli/arrival_schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

using namespace troupe;
using std::chrono::nanoseconds;

namespace {

std::vector<nanoseconds> first(std::size_t count, arrival_schedule schedule) {
  std::vector<nanoseconds> moments;
  while (moments.size() < count)
    moments.push_back(schedule.next());
  return moments;
}

std::vector<double> gaps_of(const std::vector<nanoseconds>& moments) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < moments.size(); ++i)
    gaps.push_back(static_cast<double>((moments[i] - moments[i - 1]).count()) / 1e9);
  return gaps;
}

} // namespace

BOOST_AUTO_TEST_CASE(constant_arrivals_are_evenly_spaced_from_the_beginning_on) {
  auto moments = first(4, {arrivals::constant, 1000, 1});
  BOOST_TEST(
      (moments == std::vector<nanoseconds>{nanoseconds(0), nanoseconds(1000000), nanoseconds(2000000), nanoseconds(3000000)}));
}

BOOST_AUTO_TEST_CASE(constant_arrivals_do_not_drift) {
  auto moments = first(3'000'001, {arrivals::constant, 3, 1});
  BOOST_TEST((moments.back() == std::chrono::seconds(1'000'000)));
}

BOOST_AUTO_TEST_CASE(poisson_arrivals_have_exponential_gaps_of_the_wanted_mean) {
  constexpr double rate = 500;
  auto gaps = gaps_of(first(200'001, {arrivals::poisson, rate, 42}));
  double sum = 0;
  double squares = 0;
  std::size_t longer = 0;
  for (auto gap : gaps) {
    BOOST_REQUIRE(gap >= 0);
    sum += gap;
    squares += gap * gap;
    longer += gap > 1 / rate ? 1 : 0;
  }
  auto count = static_cast<double>(gaps.size());
  auto mean = sum / count;
  BOOST_TEST(mean == 1 / rate, boost::test_tools::tolerance(0.02));
  BOOST_TEST(std::sqrt(squares / count - mean * mean) == 1 / rate, boost::test_tools::tolerance(0.02));
  BOOST_TEST(static_cast<double>(longer) / count == std::exp(-1), boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_moments_and_another_one_others) {
  auto moments = first(100, {arrivals::poisson, 100, 7});
  BOOST_TEST((moments == first(100, {arrivals::poisson, 100, 7})));
  BOOST_TEST((moments != first(100, {arrivals::poisson, 100, 8})));
}
