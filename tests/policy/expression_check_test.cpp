#define BOOST_TEST_MODULE expression_check
#include "runtime/policy/expression_check.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

using namespace troupe;

namespace {

arm_counters served(std::uint64_t requests, std::uint64_t rows, std::uint64_t batches) {
  arm_counters did;
  did.errors = {0, requests};
  did.work[work_kind::rows] = rows;
  did.work[work_kind::batches] = batches;
  return did;
}

/// Of arms that have 2 and 3 replicas.
check_view said_of(const bounded_expression& check, const arm_counters& candidate, const arm_counters& incumbent = {}) {
  return judge_expression(check, {candidate, 2, 300 << 20}, {incumbent, 3, 200 << 20});
}

bounded_expression rows_a_batch(const std::string& at_most, const std::string& at_least) {
  return {"rows / batches",
          at_most,
          at_least,
          100,
          at_most.find("incumbent") != std::string::npos || at_least.find("incumbent") != std::string::npos,
          false};
}

void check_said(const check_view& said, check_judgement judgement, std::uint64_t samples, const std::string& words) {
  BOOST_TEST((said.judgement == judgement));
  BOOST_TEST(said.samples == samples);
  BOOST_TEST(said.words == words);
}

double metric(const std::string& name, const metric_sources& of) {
  auto found = std::find(check_metrics.begin(), check_metrics.end(), name);
  BOOST_REQUIRE((found != check_metrics.end()));
  return metrics_of(of)[static_cast<std::size_t>(found - check_metrics.begin())];
}

} // namespace

BOOST_AUTO_TEST_SUITE(expression_check)

BOOST_AUTO_TEST_CASE(a_figure_within_its_bounds_is_fine) {
  check_said(said_of(rows_a_batch("8", ""), served(100, 400, 100)), check_judgement::fine, 100,
             "rows / batches is 4, expected at most 8");
  check_said(said_of(rows_a_batch("", "4"), served(100, 400, 100)), check_judgement::fine, 100,
             "rows / batches is 4, expected at least 4");
}

BOOST_AUTO_TEST_CASE(a_figure_beyond_either_bound_is_worse) {
  check_said(said_of(rows_a_batch("3.5", "1"), served(100, 400, 100)), check_judgement::worse, 100,
             "rows / batches is 4, expected at most 3.5");
  check_said(said_of(rows_a_batch("8", "5"), served(100, 400, 100)), check_judgement::worse, 100,
             "rows / batches is 4, expected at least 5");
}

BOOST_AUTO_TEST_CASE(a_bound_may_be_reckoned_from_the_incumbent) {
  auto check = rows_a_batch("", "0.5 * incumbent");
  check_said(said_of(check, served(100, 100, 100), served(100, 600, 100)), check_judgement::worse, 100,
             "rows / batches is 1, expected at least 3; the incumbent's is 6");
  check_said(said_of(check, served(100, 100, 100), served(100, 200, 100)), check_judgement::fine, 100,
             "rows / batches is 1, expected at least 1; the incumbent's is 2");
}

BOOST_AUTO_TEST_CASE(with_few_requests_it_says_nothing) {
  check_said(said_of(rows_a_batch("1", ""), served(99, 400, 100)), check_judgement::undecided, 0,
             "rows / batches: 99 of 100 requests of the candidate");
  check_said(said_of(rows_a_batch("incumbent", ""), served(100, 400, 100), served(7, 1, 1)), check_judgement::undecided, 0,
             "rows / batches: 7 of 100 requests of the incumbent");
}

BOOST_AUTO_TEST_CASE(what_is_no_number_yet_says_nothing) {
  check_said(said_of(rows_a_batch("1", ""), served(100, 0, 0)), check_judgement::undecided, 0, "rows / batches is no number yet");
  check_said(said_of(rows_a_batch("incumbent", ""), served(100, 4, 1), served(100, 0, 0)), check_judgement::undecided, 0,
             "rows / batches is 4, expected at most incumbent, which is no number yet; the incumbent's is no number yet");
}

BOOST_AUTO_TEST_CASE(every_metric_is_what_its_name_says) {
  auto did = served(200, 600, 150);
  did.errors.failures = 10;
  for (int i = 0; i < 190; ++i)
    did.latency.record(i < 100 ? 4000 : 50'000);
  const std::pair<work_kind, std::uint64_t> work[] = {
      {work_kind::computed, 180},  {work_kind::queue_us, 360'000}, {work_kind::compute_us, 540'000},
      {work_kind::cache_hits, 11}, {work_kind::cache_misses, 12},
  };
  for (auto [kind, count] : work)
    did.work[kind] = count;
  const std::pair<error_code, std::uint64_t> failed[] = {{error_code::overloaded, 13},
                                                         {error_code::unavailable, 14},
                                                         {error_code::deadline_exceeded, 15},
                                                         {error_code::model_failed, 16}};
  for (auto [why, count] : failed)
    did.failed_as[static_cast<std::size_t>(why)] = count;
  metric_sources of{did, 3, 64 << 20};
  const std::pair<const char*, double> expected[] = {
      {"requests", 200},   {"failures", 10},  {"error_rate", 0.05},      {"rows", 600},        {"batches", 150},
      {"queue_ms", 2},     {"compute_ms", 3}, {"cache_hits", 11},        {"cache_misses", 12}, {"overloaded", 13},
      {"unavailable", 14}, {"replicas", 3},   {"deadline_exceeded", 15}, {"model_failed", 16}, {"memory_mib", 64}};
  for (auto [name, value] : expected)
    BOOST_TEST(metric(name, of) == value, name);
  BOOST_TEST(std::abs(metric("latency_p50_ms", of) - 4) < 0.1);
  BOOST_TEST(std::abs(metric("latency_p95_ms", of) - 50) < 1);
  BOOST_TEST(std::abs(metric("latency_p99_ms", of) - 50) < 1);
}

BOOST_AUTO_TEST_CASE(a_metric_without_data_is_no_number) {
  arm_counters none;
  metric_sources of{none, 0, 0};
  for (auto name : {"error_rate", "latency_p99_ms", "queue_ms", "compute_ms", "memory_mib"})
    BOOST_TEST(!std::isfinite(metric(name, of)), name);
}

BOOST_AUTO_TEST_SUITE_END()
