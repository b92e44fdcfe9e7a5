#include "runtime/serving/kept_tensors.hpp"

#include <cstring>
#include <numeric>

namespace troupe {

std::uint64_t bytes_of(const std::vector<tensor_view>& tensors) {
  return std::accumulate(tensors.begin(), tensors.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const tensor_view& tensor) { return sum + tensor.size; });
}

kept_tensors::kept_tensors(const std::vector<tensor_view>& tensors) : views_(tensors), bytes_(new std::byte[bytes_of(tensors)]) {
  auto next = bytes_.get();
  for (auto& tensor : views_) {
    if (tensor.size > 0)
      std::memcpy(next, tensor.data, tensor.size);
    tensor.data = next;
    next += tensor.size;
  }
}

} // namespace troupe
