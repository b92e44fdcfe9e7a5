#define BOOST_TEST_MODULE quantile_evidence
#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/quantile_evidence.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>

using namespace troupe;

namespace {

struct fixture {
  quantile_options options;
  quantile_state state;
  std::unique_ptr<latency_batch> batch = std::make_unique<latency_batch>();

  /// One second of requests that take 10 ms and more, exponentially with a mean of another 10 ms.
  void add(rng& random, std::uint64_t candidates, std::uint64_t incumbents, double slowdown, double load = 1) {
    *batch = {};
    record(batch->candidate, random, candidates, slowdown * load);
    record(batch->incumbent, random, incumbents, load);
    BOOST_REQUIRE(advance(state, *batch, options).ok());
  }
  static void record(latency_buckets& arm, rng& random, std::uint64_t requests, double factor) {
    for (std::uint64_t i = 0; i < requests; ++i)
      arm.record(static_cast<std::uint64_t>(10'000 * factor * (1 - std::log1p(-random.unit()))));
  }
  std::vector<verdict> said() const { return judge(state, options); }
  bool any_worse() const { return overall(said()) == standing::worse; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(quantile_evidence_suite, fixture)

BOOST_AUTO_TEST_CASE(without_data_nothing_is_decided) {
  BOOST_TEST(said().size() == 3U);
  BOOST_TEST((overall(said()) == standing::undecided));
  BOOST_REQUIRE(advance(state, *batch, options).ok());
  BOOST_TEST((overall(said()) == standing::undecided));
}

BOOST_AUTO_TEST_CASE(counts_that_can_not_be_and_other_quantiles_than_before_are_refused) {
  rng random(1);
  add(random, 5, 95, 1);
  batch->candidate.total = requests_max + 1;
  BOOST_TEST((advance(state, *batch, options).failure().code == error_code::invalid_argument));
  options.checks.pop_back();
  BOOST_TEST((advance(state, {}, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(state.candidate.total == 5U);
}

BOOST_AUTO_TEST_CASE(one_arm_alone_proves_nothing) {
  rng random(1);
  for (int second = 0; second < 20; ++second)
    add(random, 1'000, 0, 5);
  BOOST_TEST((overall(said()) == standing::undecided));
  for (int second = 0; second < 20; ++second)
    add(random, 0, 1'000, 1);
  BOOST_TEST((overall(said()) == standing::undecided));
}

BOOST_AUTO_TEST_CASE(an_incumbent_that_was_seldom_seen_has_no_p99) {
  rng random(1);
  for (int second = 0; second < 4; ++second)
    add(random, 100, 100, 3); // 400 requests have 4 beyond p99
  BOOST_TEST((said()[0].is == standing::worse));
  BOOST_TEST(said()[2].evidence == 1);
  BOOST_TEST(state.checks[2].threshold_us == 0U);
  add(random, 0, 100, 3);
  BOOST_TEST(state.checks[2].threshold_us > 20'000U);
}

BOOST_AUTO_TEST_CASE(identical_versions_are_fine_when_enough_was_seen) {
  rng random(2);
  for (int second = 0; second < 120; ++second)
    add(random, 10, 90, 1);
  BOOST_TEST((overall(said()) == standing::fine));
}

BOOST_AUTO_TEST_CASE(identical_versions_are_rarely_called_worse_though_load_changes_all_the_time) {
  options.checks = {{0.5, 1}, {0.95, 1}, {0.99, 1}};
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    rng random(seed);
    state = {};
    for (int second = 0; second < 60; ++second)
      add(random, 5, 95, 1, 1 + std::sin(second / 10.0) / 2);
    wrong += any_worse() ? 1 : 0;
  }
  BOOST_TEST(wrong <= 6); // three checks at 0.05
}

BOOST_AUTO_TEST_CASE(a_slowdown_that_is_tolerated_is_never_held_against_it) {
  rng random(4);
  for (int second = 0; second < 200; ++second)
    add(random, 50, 50, 1.05);
  BOOST_TEST((overall(said()) == standing::fine));
}

BOOST_AUTO_TEST_CASE(half_as_slow_again_is_found) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    rng random(seed);
    state = {};
    while (!any_worse() && state.candidate.total < 5'000)
      add(random, 5, 95, 1.5);
    BOOST_TEST(state.candidate.total < 500U);
  }
}

BOOST_AUTO_TEST_CASE(a_tail_that_grows_is_found_at_p99_and_not_at_p50) {
  rng random(6);
  while (!any_worse() && state.candidate.total < 20'000) {
    *batch = {};
    record(batch->candidate, random, 19, 1);
    record(batch->candidate, random, 1, 6); // one of 20 takes six times as long
    record(batch->incumbent, random, 180, 1);
    BOOST_REQUIRE(advance(state, *batch, options).ok());
  }
  BOOST_TEST(state.candidate.total < 3'000U);
  BOOST_TEST((said()[2].is == standing::worse));
  BOOST_TEST((said()[0].is != standing::worse));
}

BOOST_AUTO_TEST_CASE(the_threshold_stays_while_a_batch_waits_for_the_other_arm) {
  rng random(7);
  for (int second = 0; second < 10; ++second)
    add(random, 10, 100, 1);
  auto threshold = state.checks[1].threshold_us;
  for (int second = 0; second < 10; ++second)
    add(random, 0, 100, 1, 2);
  BOOST_TEST(state.checks[1].threshold_us == threshold);
  add(random, 10, 100, 1, 2);
  BOOST_TEST(state.checks[1].threshold_us > threshold);
}

BOOST_AUTO_TEST_CASE(what_is_slower_by_no_more_than_the_margin_is_not_worse) {
  for (auto& check : options.checks)
    check = {check.quantile, 1.0, 60'000}; // twice as slow is 30 ms more at p50, and 60 ms at p95
  rng random(9);
  options.checks.pop_back();
  for (int second = 0; second < 60; ++second)
    add(random, 100, 100, 2);
  BOOST_TEST(!any_worse());
  BOOST_TEST(said()[0].reason.find("with 1 times and 60 ms tolerated") != std::string::npos, said()[0].reason);
  for (int second = 0; second < 60; ++second)
    add(random, 100, 100, 10);
  BOOST_TEST(any_worse());
}

BOOST_AUTO_TEST_CASE(the_reason_names_the_quantile_and_both_latencies) {
  rng random(8);
  for (int second = 0; second < 10; ++second)
    add(random, 100, 100, 2);
  auto reason = said()[1].reason;
  BOOST_TEST(reason.rfind("p95 latency ", 0) == 0U);
  BOOST_TEST(reason.find(" ms against 4") != std::string::npos);
  BOOST_TEST(reason.find("with 1.1 times tolerated, beyond ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
