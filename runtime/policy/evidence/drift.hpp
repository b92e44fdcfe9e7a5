#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe {

/// How often each class, or each bin of a number, came. Both arms' have the same bins in the same order.
using bin_counts = std::vector<std::uint64_t>;

std::uint64_t count_of(const bin_counts& bins);

/// The bins of a number that a model puts out: by sign and size, 8 to every doubling from 2^-20 to 2^20 (each 9 % wide on average), in ascending
/// order, with one in the middle for what is nearer to zero and one at each end for what is beyond. They are the same for every model, so that nodes
/// need not agree on any. Infinities lie at the ends; NaN in the middle, so count what is not finite by itself (proportion_evidence).
inline constexpr int value_bits = 3;
inline constexpr int value_octaves = 40;
inline constexpr std::size_t value_bins_a_side = std::size_t{value_octaves} << value_bits;
inline constexpr std::size_t value_bin_count = 2 * value_bins_a_side + 3;
std::size_t value_bin(double value);

/// The population stability index, sum of (p - q) ln(p / q), of two samples; half a count is added to every bin, so that empty ones don't make it
/// infinite. Rules of thumb: 0.1 is noticeable, 0.25 a shift. Biased upwards by about bins * (1/n + 1/m): use few bins. Zero: an arm is empty.
double psi(const bin_counts& candidate, const bin_counts& incumbent);

/// Neighbouring bins put together so that each holds about an equal part, at most `groups` of them, of the incumbent's sample: what PSI asks for. Both
/// results have the same size.
struct grouped_bins {
  bin_counts candidate;
  bin_counts incumbent;
};
grouped_bins group_bins(const bin_counts& candidate, const bin_counts& incumbent, std::size_t groups = 10);

/// The two-sample Kolmogorov-Smirnov distance of ordered bins: the largest difference of the cumulative shares, 0 to 1; of the numbers themselves
/// it can only be larger. Zero: an arm is empty.
double ks_distance(const bin_counts& candidate, const bin_counts& incumbent);

/// The total variation of two class mixes: the share of answers that would have to be another class for the mixes to be equal, 0 to 1. Zero: an
/// arm is empty.
double class_mix_distance(const bin_counts& candidate, const bin_counts& incumbent);

/// The least that PSI can be of two distributions with this class mix distance v (or Kolmogorov-Smirnov distance, which is no larger):
/// 2 v ln((1 + v) / (1 - v)). PSI is the symmetric Kullback-Leibler divergence, which only gets smaller when all bins become two: those with
/// p > q, and the others. Of two bins that differ by v it is least for (1 + v) / 2 against (1 - v) / 2.
double psi_at_least(double distance);

} // namespace troupe
