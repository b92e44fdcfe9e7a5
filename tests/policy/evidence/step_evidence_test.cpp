#define BOOST_TEST_MODULE step_evidence
#include "runtime/policy/evidence/step_evidence.hpp"
#include "tests/policy/evidence/arms.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <memory>

using namespace troupe;
namespace tt = boost::test_tools;

namespace {

step_options all_checks() {
  step_options options;
  options.division = {0.05, 0, 3, 1};
  options.errors.emplace();
  options.latency.emplace();
  rate_options not_finite;
  not_finite.name = "answers that are not finite";
  drift_options drift;
  drift.kind = drift_kind::classes;
  options.answers = {not_finite, proportion_options{}, drift};
  return with_shares(options);
}

struct fixture {
  step_options options = all_checks();
  std::unique_ptr<step_state> state = std::make_unique<step_state>();
  std::unique_ptr<step_batch> batch = std::make_unique<step_batch>();
  rng random{1};

  void serve(arm_counters& arm, std::uint64_t requests, double error_rate) {
    arm = {};
    arm.errors = drawn(random, requests, error_rate);
    arm.answers = {{{0, requests}, {}}, {{0, requests}, {}}, {{}, {requests / 2, requests - requests / 2}}};
    for (std::uint64_t i = 0; i < requests; ++i)
      arm.latency.record(1'000 + random.below(1'000));
  }
  void serve_second(double candidate_error_rate = 0.01) {
    serve(batch->candidate, 10, candidate_error_rate);
    serve(batch->incumbent, 190, 0.01);
  }
  void take() { BOOST_REQUIRE(advance(*state, *batch, options).ok()); }
  standing said() const { return overall(judge(*state, options)); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(step_evidence_suite, fixture)

BOOST_AUTO_TEST_CASE(a_step_without_checks_promotes_nothing) {
  options = with_shares({});
  serve_second();
  take();
  BOOST_TEST((said() == standing::undecided));
}

BOOST_AUTO_TEST_CASE(a_step_without_data_holds) {
  for (int second = 0; second < 100; ++second)
    take();
  BOOST_TEST((said() == standing::undecided));
}

BOOST_AUTO_TEST_CASE(a_batch_that_can_not_be_changes_nothing_of_any_check) {
  serve_second();
  take();
  serve_second();
  batch->candidate.answers[2].bins = {1, 2, 3};
  BOOST_TEST((advance(*state, *batch, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(state->errors.total.candidate.requests == 10U);
  BOOST_TEST(state->latency.candidate.total == 10U);
}

BOOST_AUTO_TEST_CASE(every_check_has_the_same_share_of_alpha_and_each_quantile_counts) {
  BOOST_TEST(options.division.checks == 7U);
  for (double share : {options.errors->alpha, options.latency->alpha, std::get<rate_options>(options.answers[0]).alpha,
                       std::get<proportion_options>(options.answers[1]).alpha, std::get<drift_options>(options.answers[2]).alpha})
    BOOST_TEST(share == 0.05 / 7 / 3, tt::tolerance(1e-12));
  BOOST_TEST(judge(*state, options).size() == 7U);
}

BOOST_AUTO_TEST_CASE(identical_versions_hold_until_enough_was_seen_and_are_fine_then) {
  for (int second = 0; second < 49; ++second) {
    serve_second();
    take();
    BOOST_TEST((said() == standing::undecided));
  }
  for (int second = 0; second < 50; ++second) {
    serve_second();
    take();
  }
  BOOST_TEST((said() == standing::fine));
}

BOOST_AUTO_TEST_CASE(one_check_that_fails_is_enough) {
  using spoil = void (*)(arm_counters&);
  const spoil ways[] = {
      [](arm_counters& arm) { arm.errors.failures = 5; },
      [](arm_counters& arm) { arm.answers[0].bad.failures = 1; },
      [](arm_counters& arm) { arm.answers[1].bad.failures = 5; },
      [](arm_counters& arm) { arm.answers[2].bins = {10, 0}; },
      [](arm_counters& arm) {
        arm.latency = {};
        for (int i = 0; i < 10; ++i)
          arm.latency.record(3'000);
      },
  };
  for (auto way : ways) {
    *state = {};
    for (int second = 0; second < 60; ++second) {
      serve_second();
      way(batch->candidate);
      take();
    }
    BOOST_TEST((said() == standing::worse));
  }
}

BOOST_AUTO_TEST_CASE(counters_of_nodes_add_up_and_two_looks_differ_by_what_came_between) {
  arm_counters sum;
  serve_second();
  sum.add(batch->candidate);
  auto before = std::make_unique<arm_counters>(sum);
  sum.add(batch->incumbent);
  auto grown = since(sum, *before);
  BOOST_REQUIRE(grown.ok());
  BOOST_TEST(grown->errors.requests == 190U);
  BOOST_TEST(grown->latency.total == 190U);
  BOOST_TEST(grown->answers[0].bad.requests == 190U);
  BOOST_TEST((grown->answers[2].bins == batch->incumbent.answers[2].bins));
  BOOST_TEST((since(*before, sum).failure().code == error_code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(an_arm_without_answers_yet_is_no_mistake) {
  serve_second();
  batch->candidate.answers.clear();
  take();
  serve_second();
  take();
  BOOST_TEST(count_of(std::get<drift_state>(state->answers[2]).incumbent) == 380U);
  BOOST_TEST(count_of(std::get<drift_state>(state->answers[2]).candidate) == 10U);
}

BOOST_AUTO_TEST_CASE(rewards_have_their_share_of_alpha_whatever_the_number_of_arms) {
  options.rewards.emplace();
  options = with_shares(std::move(options));
  BOOST_TEST(options.division.checks == 8U);
  auto alone = options.rewards->alpha;
  options.division.arms = 3;
  options = with_shares(std::move(options));
  BOOST_TEST(std::abs(options.rewards->alpha - alone) < 1e-12);
  BOOST_TEST(std::abs(options.errors->alpha - alone / 3) < 1e-12);
  BOOST_TEST(judge(*state, options).size() == 7U);
  reward_sums less{1, 0.5, 0.25};
  BOOST_TEST((since(less, {2, 0.5, 0.25}).failure().code == error_code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
