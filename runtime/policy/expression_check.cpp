#include "runtime/policy/expression_check.hpp"

#include "runtime/base/expression.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace troupe {

namespace {

constexpr double ms_a_us = 1e-3;
constexpr double bytes_a_mib = 1 << 20;
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

double over(std::uint64_t sum, std::uint64_t count) {
  return count == 0 ? nothing : static_cast<double>(sum) / static_cast<double>(count);
}

double quantile_ms(const latency_buckets& of, double quantile) {
  return of.total == 0 ? nothing : static_cast<double>(of.quantile_us(quantile)) * ms_a_us;
}

/// Nothing: it can't be computed, or not from what there is.
double value_of(const std::string& text, const std::vector<named_value>& names) {
  auto value = evaluate(text, names);
  return value ? *value : nothing;
}

std::uint64_t requests_of(const metric_sources& of) {
  const auto& work = of.did.work;
  return of.as_pools_count ? work[work_kind::computed] + work[work_kind::cache_hits] : of.did.errors.requests;
}

double figure_of(const bounded_expression& check, const metric_sources& of) {
  auto values = metrics_of(of);
  std::vector<named_value> names;
  for (std::size_t i = 0; i < values.size(); ++i)
    names.push_back({check_metrics[i], values[i]});
  return value_of(check.value, names);
}

/// With so many digits that a figure and its bound don't look alike.
std::string digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.5g", value);
  return text.data();
}

/// "" if it has as many requests as the check wants.
std::string too_few(const bounded_expression& check, const char* whose, const metric_sources& of) {
  if (requests_of(of) >= check.samples)
    return {};
  return std::to_string(requests_of(of)) + " of " + std::to_string(check.samples) + " requests of the " + whose;
}

/// One bound. `sign`: 1 if the value must not be above it, -1 if not below.
check_view compare(double value, double incumbent, const std::string& bound_text, double sign) {
  if (bound_text.empty())
    return {check_judgement::fine, {}, 0};
  auto bound = value_of(bound_text, {{incumbents_value, incumbent}});
  auto words = std::string(sign > 0 ? "at most " : "at least ");
  if (!std::isfinite(bound))
    return {check_judgement::undecided, words + bound_text + ", which is no number yet", 0};
  bool worse = (value - bound) * sign > 0;
  return {worse ? check_judgement::worse : check_judgement::fine, words + digits(bound), 0};
}

} // namespace

std::array<double, check_metrics.size()> metrics_of(const metric_sources& of) {
  const auto& did = of.did;
  const auto& work = did.work;
  auto count = [](std::uint64_t value) { return static_cast<double>(value); };
  auto failed_as = [&did](error_code why) { return static_cast<double>(did.failed_as[static_cast<std::size_t>(why)]); };
  return {count(requests_of(of)),
          count(did.errors.failures),
          over(did.errors.failures, did.errors.requests),
          failed_as(error_code::overloaded),
          failed_as(error_code::deadline_exceeded),
          failed_as(error_code::unavailable),
          failed_as(error_code::model_failed),
          quantile_ms(did.latency, 0.5),
          quantile_ms(did.latency, 0.95),
          quantile_ms(did.latency, 0.99),
          over(work[work_kind::queue_us], work[work_kind::computed]) * ms_a_us,
          over(work[work_kind::compute_us], work[work_kind::computed]) * ms_a_us,
          count(work[work_kind::rows]),
          count(work[work_kind::batches]),
          count(work[work_kind::cache_hits]),
          count(work[work_kind::cache_misses]),
          count(of.replicas),
          of.memory_bytes == 0 ? nothing : count(of.memory_bytes) / bytes_a_mib};
}

check_view judge_expression(const bounded_expression& check, const metric_sources& candidate, const metric_sources& incumbent) {
  auto missing = too_few(check, "candidate", candidate);
  if (missing.empty() && check.asks_incumbent)
    missing = too_few(check, "incumbent", incumbent);
  if (!missing.empty())
    return {check_judgement::undecided, check.value + ": " + missing, 0};
  auto value = figure_of(check, candidate);
  if (!std::isfinite(value))
    return {check_judgement::undecided, check.value + " is no number yet", 0};
  auto its = check.asks_incumbent ? figure_of(check, incumbent) : nothing;
  auto said = compare(value, its, check.at_most, 1);
  auto low = compare(value, its, check.at_least, -1);
  if (said.words.empty() || (low.judgement != check_judgement::fine && said.judgement != check_judgement::worse))
    said = low;
  said.words = check.value + " is " + digits(value) + ", expected " + said.words;
  if (check.asks_incumbent)
    said.words += "; the incumbent's is " + (std::isfinite(its) ? digits(its) : "no number yet");
  said.samples = said.judgement == check_judgement::undecided ? 0 : requests_of(candidate);
  return said;
}

} // namespace troupe
