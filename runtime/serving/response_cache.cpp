#include "runtime/serving/response_cache.hpp"

#include <cstring>
#include <numeric>

namespace troupe {

namespace {

/// What an entry takes beside its tensors: about a list node, a map node and its bucket.
constexpr std::uint64_t entry_overhead = 256;

std::uint64_t sum_of_sizes(const std::vector<tensor_view>& outputs) {
  return std::accumulate(outputs.begin(), outputs.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const tensor_view& output) { return sum + output.size; });
}

std::uint64_t size_to_keep(const std::vector<tensor_view>& outputs) {
  return sum_of_sizes(outputs) + outputs.size() * sizeof(tensor_view) + entry_overhead;
}

} // namespace

kept_outputs::kept_outputs(const std::vector<tensor_view>& outputs)
  : views_(outputs), bytes_(new std::byte[sum_of_sizes(outputs)]), size_(size_to_keep(outputs)) {
  auto next = bytes_.get();
  for (auto& output : views_) {
    if (output.size > 0)
      std::memcpy(next, output.data, output.size);
    output.data = next;
    next += output.size;
  }
}

std::shared_ptr<const kept_outputs> response_cache::find(const input_digest& inputs) {
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
  auto kept = std::make_shared<const kept_outputs>(outputs); // the copy is made without the lock
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
    bytes_ -= oldest.outputs->size();
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
