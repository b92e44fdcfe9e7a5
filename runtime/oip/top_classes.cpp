#include "runtime/oip/top_classes.hpp"

#include "runtime/base/element.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe {

namespace {

/// The elements of one row, ordered by size.
class row_order {
public:
  row_order(datatype type, const std::byte* row) : type_(type), row_(row) {}

  bool operator()(std::uint64_t a, std::uint64_t b) const {
    if (!is_real(type_))
      return larger(integer_at(type_, at(a)), integer_at(type_, at(b)), a < b);
    auto left = real_at(type_, at(a));
    auto right = real_at(type_, at(b));
    if (std::isnan(left) || std::isnan(right))
      return std::isnan(left) == std::isnan(right) ? a < b : std::isnan(right);
    return larger(left, right, a < b);
  }

  std::string text(std::uint64_t index) const { return element_text(type_, at(index)) + ":" + std::to_string(index); }

private:
  const std::byte* at(std::uint64_t index) const { return row_ + index * element_size(type_); }

  template <class Number>
  static bool larger(Number a, Number b, bool if_equal) {
    return a == b ? if_equal : a > b;
  }

  datatype type_;
  const std::byte* row_;
};

} // namespace

top_classes classify(const tensor_view& tensor, bool batched, std::uint32_t classes) {
  auto rows = batched ? static_cast<std::uint64_t>(tensor.dims[0]) : 1;
  auto elements = rows == 0 ? 0 : tensor.size / element_size(tensor.type) / rows;
  auto count = std::min<std::uint64_t>(classes, elements);
  top_classes top;
  if (batched)
    top.dims.push_back(static_cast<std::int64_t>(rows));
  top.dims.push_back(static_cast<std::int64_t>(count));
  std::vector<std::uint64_t> order(elements);
  for (std::uint64_t row = 0; row < rows; ++row) {
    row_order larger(tensor.type, tensor.data + row * elements * element_size(tensor.type));
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), larger);
    for (std::uint64_t i = 0; i < count; ++i)
      top.texts.push_back(larger.text(order[i]));
  }
  return top;
}

} // namespace troupe
