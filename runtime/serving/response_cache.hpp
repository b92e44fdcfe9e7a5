#pragma once

#include "runtime/base/tensor.hpp"
#include "runtime/serving/input_digest.hpp"
#include "runtime/serving/kept_tensors.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What one version answered, by its inputs' SHA-256; the least recently used goes first. A pool has one of its own, so an answer never
/// outlives its version or serves another. Thread-safe.
class response_cache {
public:
  explicit response_cache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// What was answered to these inputs, or null.
  std::shared_ptr<const kept_tensors> find(const input_digest& inputs);
  /// Keeps a copy; nothing happens if the inputs have one, or if it is larger than the whole cache.
  void add(const input_digest& inputs, const std::vector<tensor_view>& outputs);
  std::uint64_t bytes() const;

private:
  struct entry {
    input_digest inputs;
    std::shared_ptr<const kept_tensors> outputs;
  };
  struct digest_hash {
    std::size_t operator()(const input_digest& inputs) const;
  };

  void make_room(std::uint64_t size);

  const std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<entry> entries_; ///< the most recently used first
  std::unordered_map<input_digest, std::list<entry>::iterator, digest_hash> by_inputs_;
  std::uint64_t bytes_ = 0;
};

} // namespace troupe
