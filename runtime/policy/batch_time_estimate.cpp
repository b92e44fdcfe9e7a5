#include "runtime/policy/batch_time_estimate.hpp"

#include <algorithm>

namespace troupe {

void batch_time_estimate::add(std::uint32_t rows, std::chrono::nanoseconds took, steady_time now) {
  auto& one = classes_[class_of(rows)];
  if (one.mean.count() > 0)
    took = std::min(took, 2 * one.mean);
  if (!one.known(now)) {
    one = {took, std::chrono::nanoseconds(0), now};
    return;
  }
  auto error = took - one.mean;
  one.deviation += (std::chrono::abs(error) - one.deviation) / 4;
  one.mean += error / 8;
  one.confirmed = now;
}

std::chrono::nanoseconds batch_time_estimate::mean(std::uint32_t rows, steady_time now) const {
  auto found = find(rows, now);
  return found == nullptr ? std::chrono::nanoseconds(0) : found->mean;
}

std::chrono::nanoseconds batch_time_estimate::upper(std::uint32_t rows, steady_time now) const {
  auto found = find(rows, now);
  return found == nullptr ? std::chrono::nanoseconds(0) : found->mean + 4 * found->deviation;
}

std::size_t batch_time_estimate::class_of(std::uint32_t rows) {
  std::size_t bits = 0;
  for (; rows != 0; rows >>= 1)
    ++bits;
  return bits;
}

const batch_time_estimate::size_class* batch_time_estimate::find(std::uint32_t rows, steady_time now) const {
  for (auto i = class_of(rows) + 1; i > 0; --i)
    if (classes_[i - 1].known(now))
      return &classes_[i - 1];
  return nullptr;
}

} // namespace troupe
