#define BOOST_TEST_MODULE latency_summary
#include "runtime/cli/latency_summary.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(no_samples_give_zeros) {
  auto summary = summarize({});
  BOOST_TEST(summary.count == 0U);
  BOOST_TEST(summary.p99.count() == 0);
}

BOOST_AUTO_TEST_CASE(one_sample_is_every_percentile) {
  auto summary = summarize({7ns});
  BOOST_TEST((summary.p50 == 7ns && summary.p90 == 7ns && summary.p99 == 7ns && summary.max == 7ns));
}

BOOST_AUTO_TEST_CASE(percentiles_are_the_nearest_rank_of_unsorted_samples) {
  std::vector<std::chrono::nanoseconds> samples;
  for (int i = 1000; i > 0; --i)
    samples.push_back(std::chrono::nanoseconds(i));
  auto summary = summarize(samples);
  BOOST_TEST(summary.count == 1000U);
  BOOST_TEST((summary.p50 == 500ns && summary.p90 == 900ns && summary.p99 == 990ns && summary.max == 1000ns));
}

BOOST_AUTO_TEST_CASE(a_rank_between_two_samples_is_the_larger) {
  auto summary = summarize({1ns, 2ns, 3ns});
  BOOST_TEST((summary.p50 == 2ns && summary.p90 == 3ns && summary.p99 == 3ns));
}
