#define BOOST_TEST_MODULE latency_buckets
#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/latency_buckets.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

using namespace troupe;

BOOST_AUTO_TEST_CASE(an_empty_one_has_no_quantiles) {
  latency_buckets empty;
  BOOST_TEST(empty.quantile_us(0.99) == 0U);
  BOOST_TEST(empty.above(0) == 0U);
}

BOOST_AUTO_TEST_CASE(a_count_that_went_down_gives_no_difference) {
  latency_buckets before;
  latency_buckets now;
  before.record(5);
  now.record(6);
  now.record(6);
  BOOST_TEST((since(now, before).failure().code == error_code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(buckets_follow_each_other_without_a_gap_and_hold_what_is_put_into_them) {
  for (std::size_t bucket = 0; bucket < latency_bucket_count; ++bucket) {
    auto top = latency_bucket_top_us(bucket);
    BOOST_REQUIRE_EQUAL(latency_bucket(top), bucket);
    if (bucket + 1 < latency_bucket_count)
      BOOST_REQUIRE_EQUAL(latency_bucket(top + 1), bucket + 1);
  }
}

BOOST_AUTO_TEST_CASE(a_bucket_is_narrow) {
  for (std::size_t bucket = 128; bucket < latency_bucket_count; ++bucket) {
    auto bottom = static_cast<double>(latency_bucket_top_us(bucket - 1) + 1);
    auto top = static_cast<double>(latency_bucket_top_us(bucket));
    BOOST_REQUIRE((top - bottom + 1) / bottom <= 1.0 / 64);
  }
}

BOOST_AUTO_TEST_CASE(what_takes_for_ever_is_in_the_last_bucket) {
  BOOST_TEST(latency_bucket(1ULL << 32) == latency_bucket_count - 1);
  BOOST_TEST(latency_bucket(std::numeric_limits<std::uint64_t>::max()) == latency_bucket_count - 1);
  latency_buckets one;
  one.record(std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(one.quantile_us(0.5) == (1ULL << 32) - 1);
}

BOOST_AUTO_TEST_CASE(quantiles_are_those_of_the_sorted_values_within_a_bucket) {
  rng random(4);
  latency_buckets all;
  std::vector<std::uint64_t> sorted;
  for (int i = 0; i < 5'000; ++i) {
    auto us = random.below(1ULL << random.below(30));
    all.record(us);
    sorted.push_back(us);
  }
  std::sort(sorted.begin(), sorted.end());
  for (double quantile : {0.0, 0.01, 0.5, 0.95, 0.99, 1.0}) {
    auto rank = std::max<std::size_t>(static_cast<std::size_t>(std::ceil(quantile * 5'000)), 1);
    auto exact = sorted[rank - 1];
    BOOST_TEST(all.quantile_us(quantile) >= exact);
    BOOST_TEST(all.quantile_us(quantile) <= exact + exact / 64);
    BOOST_TEST(all.above(exact) <= 5'000 - rank);
  }
}

BOOST_AUTO_TEST_CASE(a_sum_less_a_part_is_the_other_part) {
  rng random(5);
  latency_buckets first;
  latency_buckets second;
  for (int i = 0; i < 1'000; ++i) {
    first.record(random.below(100'000));
    second.record(random.below(1'000'000));
  }
  auto both = first;
  both.add(second);
  auto rest = since(both, first);
  BOOST_REQUIRE(rest.ok());
  BOOST_TEST((rest->counts == second.counts));
  BOOST_TEST(rest->total == second.total);
}
