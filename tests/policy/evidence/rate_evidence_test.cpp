#define BOOST_TEST_MODULE rate_evidence
#include "runtime/policy/evidence/hypergeometric.hpp"
#include "runtime/policy/evidence/rate_evidence.hpp"
#include "tests/policy/evidence/arms.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace troupe;
namespace tt = boost::test_tools;

namespace {

struct fixture {
  rate_options options;
  rate_state state;

  void add(failure_count candidate, failure_count incumbent) {
    BOOST_REQUIRE(advance(state, {candidate, incumbent}, options).ok());
  }
  verdict said() const { return judge(state, options); }
  double e_value() const { return std::exp(state.mixture.log_e); }
};

struct split {
  std::uint64_t candidate;
  std::uint64_t incumbent;
};
constexpr split splits[] = {{50, 50}, {5, 95}, {1, 999}};

/// The mean e-value of one batch after another one, over all ways that the failures of a batch can fall: exact.
double mean_after_one_batch(const rate_state& before, const two_arm_table& table, double odds, const rate_options& options) {
  double mean = 0;
  for (std::uint64_t k = 0; k <= std::min(table.candidate, table.failures); ++k) {
    if (table.failures - k > table.incumbent)
      continue;
    auto next = before;
    BOOST_REQUIRE(advance(next, {{k, table.candidate}, {table.failures - k, table.incumbent}}, options).ok());
    auto log_choose = [](std::uint64_t n, std::uint64_t of) {
      return log_factorial(n) - log_factorial(of) - log_factorial(n - of);
    };
    auto log_chance = log_choose(table.candidate, k) + log_choose(table.incumbent, table.failures - k)
                      + static_cast<double>(k) * std::log(odds) - log_weight_sum(table, odds);
    mean += std::exp(log_chance + next.mixture.log_e);
  }
  return mean;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(rate_evidence_suite, fixture)

BOOST_AUTO_TEST_CASE(counts_that_can_not_be_are_refused_and_change_nothing) {
  add({1, 10}, {1, 10});
  auto before = state.total.candidate.requests;
  for (const auto& wrong : {failure_count{2, 1}, failure_count{0, std::numeric_limits<std::uint64_t>::max() - 5}}) {
    BOOST_TEST((advance(state, {wrong, {0, 1}}, options).failure().code == error_code::invalid_argument));
    BOOST_TEST((advance(state, {{0, 1}, wrong}, options).failure().code == error_code::invalid_argument));
  }
  options.odds_tolerated = 0;
  BOOST_TEST((advance(state, {{0, 1}, {0, 1}}, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(state.total.candidate.requests == before);
}

BOOST_AUTO_TEST_CASE(a_counter_that_went_down_gives_no_difference) {
  BOOST_TEST((since(failure_count{1, 5}, failure_count{0, 6}).failure().code == error_code::invalid_argument));
  BOOST_TEST((since(failure_count{1, 7}, failure_count{2, 6}).failure().code == error_code::invalid_argument));
  BOOST_TEST((since(failure_count{3, 7}, failure_count{1, 6}).failure().code == error_code::invalid_argument)); // 2 of 1
  auto grown = since(failure_count{3, 17}, failure_count{1, 7});
  BOOST_REQUIRE(grown.ok());
  BOOST_TEST(grown->failures == 2U);
  BOOST_TEST(grown->requests == 10U);
}

BOOST_AUTO_TEST_CASE(without_data_nothing_is_decided) {
  BOOST_TEST((said().is == standing::undecided));
  BOOST_TEST(said().evidence == 1);
  add({0, 0}, {0, 0});
  BOOST_TEST((said().is == standing::undecided));
  BOOST_TEST(said().reason == "error rate 0 % against 0 %, e-value 1 of 20 after 0 requests, 0 of 500 requests of the candidate");
}

BOOST_AUTO_TEST_CASE(one_arm_alone_proves_nothing_however_much_it_fails) {
  add({1'000, 1'000}, {0, 0});
  BOOST_TEST((said().is == standing::undecided));
  state = {};
  add({0, 0}, {0, 100'000});
  BOOST_TEST((said().is == standing::undecided));
}

BOOST_AUTO_TEST_CASE(what_waited_for_the_other_arm_is_compared_when_it_comes) {
  add({40, 40}, {0, 0});
  BOOST_TEST(e_value() == 1);
  add({0, 0}, {0, 400});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(no_failures_at_all_or_nothing_but_failures_tell_no_difference) {
  for (std::uint64_t failing : {0, 1}) {
    state = {};
    for (int second = 0; second < 100; ++second)
      add({failing * 10, 10}, {failing * 90, 90});
    BOOST_TEST(e_value() == 1);
    BOOST_TEST((said().is == standing::fine));
  }
}

BOOST_AUTO_TEST_CASE(a_candidate_that_always_fails_is_found_with_its_first_requests) {
  for (int second = 0; second < 3 && said().is != standing::worse; ++second)
    add({5, 5}, {1, 95});
  BOOST_TEST((said().is == standing::worse));
  BOOST_TEST(state.total.candidate.requests <= 10U);
}

BOOST_AUTO_TEST_CASE(fine_takes_enough_requests_of_both_arms) {
  add({4, 499}, {6, 499});
  BOOST_TEST((said().is == standing::undecided));
  add({0, 1}, {0, 0});
  BOOST_TEST((said().is == standing::undecided));
  add({0, 0}, {0, 1});
  BOOST_TEST((said().is == standing::fine));
}

BOOST_AUTO_TEST_CASE(a_candidate_that_data_speak_against_is_not_yet_fine) {
  add({11, 600}, {6, 600});
  BOOST_TEST((e_value() > 1 && e_value() < 20));
  BOOST_TEST((said().is == standing::undecided));
}

BOOST_AUTO_TEST_CASE(what_was_proven_stays_proven) {
  add({60, 1'000}, {10, 1'000});
  BOOST_TEST((said().is == standing::worse));
  for (int i = 0; i < 10; ++i)
    add({10, 1'000}, {30, 1'000});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(the_reason_is_a_sentence) {
  options.samples_min = 100;
  add({16, 512}, {90, 10'000});
  BOOST_TEST(said().reason.rfind("error rate 3.1 % against 0.9 %, e-value ", 0) == 0U);
  BOOST_TEST(said().reason.find(" > 20 after 512 requests") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_rate_that_is_tolerated_is_never_worse) {
  options.rate_tolerated = 0.005;
  add({40, 10'000}, {5, 10'000});
  BOOST_TEST((said().is == standing::fine));
  add({100, 10'000}, {5, 10'000});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(tolerated_odds_are_no_evidence) {
  options.odds_tolerated = 2;
  for (int second = 0; second < 100; ++second)
    add({20, 1'000}, {10, 1'000});
  BOOST_TEST(e_value() < 1);
  state = {};
  for (int second = 0; second < 100; ++second)
    add({40, 1'000}, {10, 1'000});
  BOOST_TEST((said().is == standing::worse));
}

BOOST_AUTO_TEST_CASE(the_next_e_value_of_candidates_that_are_no_worse_has_at_most_the_present_one_as_its_mean) {
  constexpr two_arm_table tables[] = {{1, 1, 1}, {5, 95, 1}, {5, 95, 3}, {1, 999, 12}, {50, 50, 60}, {300, 20, 310}, {2, 3, 4}};
  add({2, 30}, {1, 40});
  for (double tolerated : {1.0, 1.5}) {
    options.odds_tolerated = tolerated;
    for (const auto& table : tables) {
      BOOST_TEST(mean_after_one_batch(state, table, tolerated, options) == e_value(), tt::tolerance(1e-8));
      for (double odds : {0.01, 0.5, 0.9})
        BOOST_TEST(mean_after_one_batch(state, table, tolerated * odds, options) < e_value());
      BOOST_TEST(mean_after_one_batch(state, table, tolerated * 2, options) > e_value() * 0.99);
    }
  }
}

BOOST_AUTO_TEST_CASE(identical_versions_are_rarely_called_worse_though_looked_at_all_the_time) {
  constexpr int runs = 400;
  for (const auto& each : splits) {
    int wrong = 0;
    for (int seed = 0; seed < runs; ++seed) {
      rng random(static_cast<std::uint64_t>(seed));
      state = {};
      for (int second = 0; second < 120; ++second)
        add(drawn(random, each.candidate, 0.01), drawn(random, each.incumbent, 0.01));
      wrong += state.mixture.log_e_peak >= std::log(20.0) ? 1 : 0;
    }
    BOOST_TEST(wrong <= runs * 0.05 + 4, "split " << each.candidate << ':' << each.incumbent << ": " << wrong << " wrong");
  }
}

BOOST_AUTO_TEST_CASE(failures_that_come_in_bursts_for_both_fool_nobody) {
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    rng random(seed);
    state = {};
    for (int second = 0; second < 100; ++second) {
      auto rate = random.chance(0.1) ? 0.5 : 0.002;
      add(drawn(random, 10, rate), drawn(random, 190, rate));
    }
    wrong += state.mixture.log_e_peak >= std::log(20.0) ? 1 : 0;
  }
  BOOST_TEST(wrong <= 9);
}

BOOST_AUTO_TEST_CASE(twice_the_errors_are_found_at_any_split) {
  for (const auto& each : splits)
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      rng random(seed);
      state = {};
      while (state.mixture.log_e_peak < std::log(20.0) && state.total.candidate.requests < 20'000)
        add(drawn(random, each.candidate, 0.02), drawn(random, each.incumbent, 0.01));
      BOOST_TEST(state.total.candidate.requests < 12'000U);
    }
}

BOOST_AUTO_TEST_CASE(errors_that_begin_late_are_found) {
  rng random(3);
  for (int second = 0; second < 600; ++second)
    add(drawn(random, 20, 0.01), drawn(random, 380, 0.01));
  auto before = state.total.candidate.requests;
  while (said().is != standing::worse && state.total.candidate.requests < before + 20'000)
    add(drawn(random, 20, 0.03), drawn(random, 380, 0.01));
  BOOST_TEST(state.total.candidate.requests - before < 4'000U);
}

BOOST_AUTO_TEST_CASE(large_batches_cost_little_and_count_the_same) {
  add({24'000, 1'000'000}, {200'000, 10'000'000});
  BOOST_TEST((said().is == standing::worse));
  state = {};
  add({19'900, 1'000'000}, {200'000, 10'000'000});
  BOOST_TEST((said().is == standing::fine));
}

BOOST_AUTO_TEST_SUITE_END()
