#include "runtime/policy/answer_check.hpp"

#include "runtime/base/element.hpp"
#include "runtime/policy/evidence/drift.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace troupe {

namespace {

std::uint64_t count_of(const tensor_view& output) {
  return output.size / element_size(output.type);
}

const std::byte* at(const tensor_view& output, std::uint64_t index) {
  return output.data + index * element_size(output.type);
}

double number_at(const tensor_view& output, std::uint64_t index) {
  auto from = at(output, index);
  return is_real(output.type) ? real_at(output.type, from) : static_cast<double>(integer_at(output.type, from));
}

/// Whether no element has all bits of its exponent set, which only NaN and the infinities have.
template <class Bits>
bool no_full_exponent(const tensor_view& output, Bits exponent) {
  bool all = true;
  for (std::uint64_t i = 0; i < output.size / sizeof(Bits); ++i) {
    Bits bits;
    std::memcpy(&bits, output.data + i * sizeof bits, sizeof bits);
    all &= (bits & exponent) != exponent; // no way out of the loop, so that it becomes vector code
  }
  return all;
}

bool same_shape(const tensor_view& a, const tensor_view& b) {
  return a.type == b.type && a.rank == b.rank && std::equal(a.dims, a.dims + a.rank, b.dims);
}

bool same_bytes(const tensor_view& a, const tensor_view& b) {
  return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, a.size) == 0);
}

bool close(double a, double b, double within) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return true;
  if (std::isinf(a) || std::isinf(b))
    return false;
  return std::fabs(a - b) <= within * std::max({1.0, std::fabs(a), std::fabs(b)}); // false of NaN
}

bool same_values(const tensor_view& a, const tensor_view& b, double within) {
  if (same_bytes(a, b))
    return true;
  if (a.type == datatype::bytes)
    return false;
  for (std::uint64_t i = 0; i < count_of(a); ++i)
    if (!close(number_at(a, i), number_at(b, i), within))
      return false;
  return true;
}

/// Elements of a row: of reals those along the last dimension, of integers each by itself.
std::uint64_t row_size(const tensor_view& output) {
  return is_real(output.type) && output.rank > 0 ? static_cast<std::uint64_t>(output.dims[output.rank - 1]) : 1;
}

/// NaN is never the largest.
std::uint64_t class_of_row(const tensor_view& output, std::uint64_t row) {
  auto size = row_size(output);
  if (!is_real(output.type))
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_at(output.type, at(output, row))));
  std::uint64_t best = 0;
  for (std::uint64_t i = 1; i < size; ++i)
    if (auto value = number_at(output, row * size + i);
        value > number_at(output, row * size + best) || (std::isnan(number_at(output, row * size + best)) && !std::isnan(value)))
      best = i;
  return best;
}

std::uint64_t rows_of(const tensor_view& output) {
  auto size = row_size(output);
  return size == 0 ? 0 : count_of(output) / size;
}

bool same_classes(const tensor_view& a, const tensor_view& b) {
  if (a.type == datatype::bytes)
    return same_bytes(a, b);
  for (std::uint64_t row = 0; row < rows_of(a); ++row)
    if (class_of_row(a, row) != class_of_row(b, row))
      return false;
  return true;
}

} // namespace

bool all_finite(const tensor_view& output) {
  switch (output.type) {
  case datatype::fp16: return no_full_exponent<std::uint16_t>(output, 0x7c00);
  case datatype::bf16: return no_full_exponent<std::uint16_t>(output, 0x7f80);
  case datatype::fp32: return no_full_exponent<std::uint32_t>(output, 0x7f80'0000);
  case datatype::fp64: return no_full_exponent<std::uint64_t>(output, 0x7ff0'0000'0000'0000);
  default: return true;
  }
}

bool agree(const tensor_view& live, const tensor_view& copy, const check_spec& check) {
  if (!same_shape(live, copy))
    return false;
  switch (check.by) {
  case output_look::values: return same_values(live, copy, check.within);
  case output_look::bytes: return same_bytes(live, copy);
  case output_look::top_class: break;
  }
  return same_classes(live, copy);
}

std::size_t drift_bins(const tensor_spec& output, output_look by) {
  if (by != output_look::top_class)
    return value_bin_count;
  bool known = is_real(output.type) && !output.dims.empty() && output.dims.back() > 0;
  return known ? std::min(static_cast<std::size_t>(output.dims.back()), class_bins_max) : class_bins_max;
}

std::optional<std::size_t> draw_bin(const tensor_view& output, output_look by, std::size_t bins, std::uint64_t draw) {
  if (output.type == datatype::bytes || output.size == 0 || bins == 0)
    return std::nullopt;
  if (by != output_look::top_class)
    return std::min(value_bin(number_at(output, draw % count_of(output))), bins - 1);
  auto rows = rows_of(output);
  return rows == 0 ? std::nullopt : std::optional(std::min<std::size_t>(class_of_row(output, draw % rows), bins - 1));
}

} // namespace troupe
