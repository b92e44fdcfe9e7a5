#pragma once

#include <atomic>
#include <cstdint>

namespace troupe {

/// Counts one of something as long as it lives.
class counted {
public:
  explicit counted(std::atomic<std::uint32_t>& count) : count_(count) { ++count_; }
  counted(const counted&) = delete;
  ~counted() { --count_; }

private:
  std::atomic<std::uint32_t>& count_;
};

} // namespace troupe
