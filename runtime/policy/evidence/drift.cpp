#include "runtime/policy/evidence/drift.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace troupe {

namespace {

std::uint64_t at(const bin_counts& bins, std::size_t i) {
  return i < bins.size() ? bins[i] : 0;
}

/// Calls visit(share of candidate, share of incumbent) for each bin; not at all if an arm is empty.
template <class Visit>
void each_share(const bin_counts& candidate, const bin_counts& incumbent, double added, Visit visit) {
  auto size = std::max(candidate.size(), incumbent.size());
  auto all_candidate = static_cast<double>(count_of(candidate));
  auto all_incumbent = static_cast<double>(count_of(incumbent));
  if (all_candidate <= 0 || all_incumbent <= 0)
    return;
  auto more = added * static_cast<double>(size);
  for (std::size_t i = 0; i < size; ++i)
    visit((static_cast<double>(at(candidate, i)) + added) / (all_candidate + more),
          (static_cast<double>(at(incumbent, i)) + added) / (all_incumbent + more));
}

/// From the bin nearest to zero, 1 on.
std::size_t size_bin(double size) {
  int exponent = 0;
  auto fraction = std::frexp(size, &exponent); // in [1/2, 1)
  constexpr int half = value_octaves / 2;
  if (std::isinf(size) || exponent > half)
    return value_bins_a_side + 1;
  auto octave = static_cast<unsigned>(exponent + half) - 1;
  auto part = static_cast<std::size_t>((fraction - 0.5) * 2 * (1 << value_bits));
  return (std::size_t{octave} << value_bits) + part + 1;
}

} // namespace

std::uint64_t count_of(const bin_counts& bins) {
  return std::accumulate(bins.begin(), bins.end(), std::uint64_t{0});
}

std::size_t value_bin(double value) {
  constexpr auto middle = value_bins_a_side + 1;
  const auto least = std::ldexp(1.0, -value_octaves / 2);
  if (std::isnan(value) || std::abs(value) < least)
    return middle;
  auto bin = size_bin(std::abs(value));
  return value > 0 ? middle + bin : middle - bin;
}

double psi(const bin_counts& candidate, const bin_counts& incumbent) {
  double sum = 0;
  each_share(candidate, incumbent, 0.5, [&](double p, double q) { sum += (p - q) * std::log(p / q); });
  return sum;
}

grouped_bins group_bins(const bin_counts& candidate, const bin_counts& incumbent, std::size_t groups) {
  grouped_bins grouped;
  auto all = static_cast<double>(count_of(incumbent));
  auto wanted = std::max<std::size_t>(groups, 1);
  std::uint64_t seen = 0;
  bool open = false;
  for (std::size_t i = 0; i < std::max(candidate.size(), incumbent.size()); ++i) {
    if (!open) {
      grouped.candidate.push_back(0);
      grouped.incumbent.push_back(0);
    }
    grouped.candidate.back() += at(candidate, i);
    grouped.incumbent.back() += at(incumbent, i);
    seen += at(incumbent, i);
    auto due = all * static_cast<double>(grouped.incumbent.size()) / static_cast<double>(wanted);
    open = static_cast<double>(seen) < due || grouped.incumbent.size() >= wanted;
  }
  return grouped;
}

double ks_distance(const bin_counts& candidate, const bin_counts& incumbent) {
  double difference = 0;
  double largest = 0;
  each_share(candidate, incumbent, 0, [&](double p, double q) {
    difference += p - q;
    largest = std::max(largest, std::abs(difference));
  });
  return std::min(largest, 1.0);
}

double class_mix_distance(const bin_counts& candidate, const bin_counts& incumbent) {
  double sum = 0;
  each_share(candidate, incumbent, 0, [&](double p, double q) { sum += std::abs(p - q); });
  return std::min(sum / 2, 1.0);
}

double psi_at_least(double distance) {
  auto v = std::clamp(distance, 0.0, 1.0);
  return v < 1 ? 2 * v * std::log((1 + v) / (1 - v)) : std::numeric_limits<double>::infinity();
}

} // namespace troupe
