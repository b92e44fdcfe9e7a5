#include "runtime/serving/response_cache.hpp"

#include <cstring>

namespace troupe {

namespace {

/// What an entry takes beside its tensors: about a list node, a map node and its bucket.
constexpr std::uint64_t entry_overhead = 256;

std::uint64_t size_to_keep(const std::vector<tensor_view>& outputs) {
  return bytes_of(outputs) + outputs.size() * sizeof(tensor_view) + entry_overhead;
}

} // namespace

std::shared_ptr<const kept_tensors> response_cache::find(const input_digest& inputs) {
  std::lock_guard lock(mutex_);
  auto found = by_inputs_.find(inputs);
  if (found == by_inputs_.end())
    return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->outputs;
}

void response_cache::add(const input_digest& inputs, const std::vector<tensor_view>& outputs) {
  auto size = size_to_keep(outputs);
  if (size > bytes_max_)
    return;
  auto kept = std::make_shared<const kept_tensors>(outputs); // the copy is made without the lock
  std::lock_guard lock(mutex_);
  if (by_inputs_.count(inputs) != 0)
    return;
  make_room(size);
  entries_.push_front({inputs, std::move(kept)});
  by_inputs_[inputs] = entries_.begin();
  bytes_ += size;
}

std::uint64_t response_cache::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

void response_cache::make_room(std::uint64_t size) {
  while (bytes_ + size > bytes_max_) {
    auto& oldest = entries_.back();
    bytes_ -= size_to_keep(oldest.outputs->views());
    by_inputs_.erase(oldest.inputs);
    entries_.pop_back();
  }
}

std::size_t response_cache::digest_hash::operator()(const input_digest& inputs) const {
  std::size_t first = 0;
  std::memcpy(&first, inputs.data(), sizeof first);
  return first;
}

} // namespace troupe
