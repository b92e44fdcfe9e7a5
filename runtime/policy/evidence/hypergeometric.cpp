#include "runtime/policy/evidence/hypergeometric.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe {

namespace {

constexpr double negligible = 1e-17; ///< of the sum so far; the terms fall faster than geometrically from there

using small_table = std::array<double, 16>;

small_table small_log_factorials() {
  small_table logs{};
  for (std::size_t n = 2; n < logs.size(); ++n)
    logs[n] = logs[n - 1] + std::log(static_cast<double>(n));
  return logs;
}

double log_choose(std::uint64_t n, std::uint64_t k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/// The largest of the terms (Liao & Rosen 2001): where the ratio of neighbours crosses 1, the smaller root of a quadratic.
std::uint64_t mode_of(const two_arm_table& table, double odds, std::uint64_t low, std::uint64_t high) {
  auto n1 = static_cast<double>(table.candidate);
  auto n0 = static_cast<double>(table.incumbent);
  auto m = static_cast<double>(table.failures);
  auto a = odds - 1;
  auto b = -((m + n1 + 2) * odds + n0 - m);
  auto c = (m + 1) * (n1 + 1) * odds;
  auto root = 2 * c / (-b + std::sqrt(std::max(b * b - 4 * a * c, 0.0)));
  auto mode = static_cast<std::uint64_t>(std::max(std::floor(root), 0.0));
  return std::clamp(mode, low, high);
}

} // namespace

double log_factorial(std::uint64_t n) {
  static const auto small = small_log_factorials();
  if (n < small.size())
    return small[n];
  auto x = static_cast<double>(n);
  auto y = 1 / (x * x);
  constexpr double half_log_two_pi = 0.91893853320467274178;
  // Stirling's series.
  return (x + 0.5) * std::log(x) - x + half_log_two_pi + (1.0 / 12 - y * (1.0 / 360 - y / 1260)) / x;
}

double log_weight_sum(const two_arm_table& table, double odds) {
  auto low = table.failures > table.incumbent ? table.failures - table.incumbent : 0;
  auto high = std::min(table.candidate, table.failures);
  auto mode = mode_of(table, odds, low, high);
  // Of the terms of k + 1 and k.
  auto step = [&](std::uint64_t k) {
    auto up = static_cast<double>(table.candidate - k) * static_cast<double>(table.failures - k);
    auto down = static_cast<double>(k + 1) * static_cast<double>(table.incumbent + k + 1 - table.failures);
    return odds * up / down;
  };
  double sum = 1;
  double term = 1;
  for (auto k = mode; k < high && term > negligible * sum; ++k)
    sum += term *= step(k);
  term = 1;
  for (auto k = mode; k > low && term > negligible * sum; --k)
    sum += term /= step(k - 1);
  return log_choose(table.candidate, mode) + log_choose(table.incumbent, table.failures - mode)
         + static_cast<double>(mode) * std::log(odds) + std::log(sum);
}

} // namespace troupe
