#define BOOST_TEST_MODULE latency_histogram
#include "runtime/base/rng.hpp"
#include "runtime/cli/latency_histogram.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

latency_histogram of(const std::vector<std::chrono::nanoseconds>& samples) {
  latency_histogram histogram;
  for (auto sample : samples)
    histogram.record(sample);
  return histogram;
}

} // namespace

BOOST_AUTO_TEST_CASE(no_samples_give_zeros) {
  auto summary = latency_histogram().summary();
  BOOST_TEST(summary.count == 0U);
  BOOST_TEST((summary.p50 == 0ns && summary.p999 == 0ns && summary.max == 0ns));
}

BOOST_AUTO_TEST_CASE(one_sample_is_every_percentile) {
  for (auto sample : {0ns, 7ns, 255ns, 256ns, 1234567ns, std::chrono::nanoseconds::max()}) {
    auto summary = of({sample}).summary();
    BOOST_TEST((summary.p50 == sample && summary.p90 == sample && summary.p99 == sample && summary.p999 == sample
                && summary.max == sample));
  }
}

BOOST_AUTO_TEST_CASE(a_negative_latency_counts_as_none) {
  BOOST_TEST((of({-5ns}).summary().max == 0ns));
}

BOOST_AUTO_TEST_CASE(percentiles_are_the_nearest_rank_of_unsorted_samples) {
  std::vector<std::chrono::nanoseconds> samples;
  for (int i = 200; i > 0; --i)
    samples.push_back(std::chrono::nanoseconds(i));
  auto summary = of(samples).summary();
  BOOST_TEST(summary.count == 200U);
  BOOST_TEST((summary.p50 == 100ns && summary.p90 == 180ns && summary.p99 == 198ns && summary.p999 == 200ns));
}

BOOST_AUTO_TEST_CASE(a_rank_between_two_samples_is_the_larger) {
  auto summary = of({1ns, 2ns, 3ns}).summary();
  BOOST_TEST((summary.p50 == 2ns && summary.p90 == 3ns && summary.p99 == 3ns));
}

/// From nanoseconds to minutes, as many of each magnitude.
BOOST_DATA_TEST_CASE(a_percentile_is_never_too_small_and_less_than_one_128th_too_large, boost::unit_test::data::xrange(1, 21),
                     seed) {
  rng chance(static_cast<std::uint64_t>(seed));
  std::vector<std::chrono::nanoseconds> samples;
  for (int i = 0; i < 5000; ++i)
    samples.emplace_back(static_cast<std::int64_t>(chance.next() >> (24 + chance.below(40))));
  auto histogram = of(samples);
  std::sort(samples.begin(), samples.end());
  for (auto rank : {1U, 500U, 900U, 990U, 999U, 1000U}) {
    auto exact = samples[(samples.size() * rank + 999) / 1000 - 1].count();
    auto told = histogram.permille(rank).count();
    BOOST_TEST(told >= exact);
    BOOST_TEST((told - exact) * 128 <= exact);
  }
  BOOST_TEST((histogram.summary().max == samples.back()));
}
