#define BOOST_TEST_MODULE step_evidence
#include "runtime/policy/evidence/step_evidence.hpp"
#include "tests/policy/evidence/arms.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>

using namespace troupe;
namespace tt = boost::test_tools;

namespace {

step_options all_checks() {
  step_options options;
  options.division = {0.05, 0, 3, 1};
  options.errors.emplace();
  options.latency.emplace();
  options.not_finite.emplace();
  options.not_finite->name = "answers that are not finite";
  options.not_finite->bound = 0;
  options.disagreement.emplace();
  options.drift.emplace();
  options.drift->kind = drift_kind::classes;
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
    arm.not_finite.requests = requests;
    arm.disagreement.requests = requests;
    arm.outputs = {requests / 2, requests - requests / 2};
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
  batch->candidate.outputs = {1, 2, 3};
  BOOST_TEST((advance(*state, *batch, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(state->errors.total.candidate.requests == 10U);
  BOOST_TEST(state->latency.candidate.total == 10U);
}

BOOST_AUTO_TEST_CASE(every_check_has_the_same_share_of_alpha_and_each_quantile_counts) {
  BOOST_TEST(options.division.checks == 7U);
  for (double share : {options.errors->alpha, options.latency->alpha, options.not_finite->alpha, options.drift->alpha,
                       options.disagreement->alpha})
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
      [](arm_counters& arm) { arm.not_finite.failures = 1; },
      [](arm_counters& arm) { arm.disagreement.failures = 5; },
      [](arm_counters& arm) { arm.outputs = {10, 0}; },
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
  BOOST_TEST(grown->not_finite.requests == 190U);
  BOOST_TEST((grown->outputs == batch->incumbent.outputs));
  BOOST_TEST((since(*before, sum).failure().code == error_code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
