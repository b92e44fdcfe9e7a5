#pragma once

#include "runtime/base/tensor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe {

/// Tensors with the bytes that they point to.
class kept_tensors {
public:
  explicit kept_tensors(const std::vector<tensor_view>& tensors);
  const std::vector<tensor_view>& views() const { return views_; }

private:
  std::vector<tensor_view> views_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// Bytes of all of them together.
std::uint64_t bytes_of(const std::vector<tensor_view>& tensors);

} // namespace troupe
