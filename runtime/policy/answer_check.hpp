#pragma once

#include "runtime/base/rollout_spec.hpp"
#include "runtime/base/tensor.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace troupe {

/// What the checks of a rollout see in one output: two versions' of the same request, or one's alone. A view is whole (see is_whole).

/// Whether no number in it is NaN or infinite; true of integers and strings.
bool all_finite(const tensor_view& output);

/// Whether two versions gave the same, as `check` looks at it. Other datatypes, and other shapes, are never the same; by values two NaN are, and strings are
/// compared by their bytes.
bool agree(const tensor_view& live, const tensor_view& copy, const check_spec& check);

/// Classes that are told apart; those beyond count as the last one.
inline constexpr std::size_t class_bins_max = 1024;

/// In how many bins of evidence/drift.hpp the draws of an output fall, so looked at.
std::size_t drift_bins(const tensor_spec& output, output_look by);

/// The bin of one number, or of one row's class, of the output: the one that the random `draw` hits, all being equally likely. One draw an answer makes the
/// draws independent, which elements of one answer aren't. None: it is empty, or has no numbers.
std::optional<std::size_t> draw_bin(const tensor_view& output, output_look by, std::size_t bins, std::uint64_t draw);

} // namespace troupe
