#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

namespace troupe {

/// So many bytes that a node may hold for its clients at once. Thread-safe.
class byte_budget {
public:
  explicit byte_budget(std::uint64_t most) : left_(static_cast<std::int64_t>(most)) {}

  /// Whether there were so many left; they must be given back.
  bool take(std::uint64_t bytes) {
    if (left_.fetch_sub(static_cast<std::int64_t>(bytes)) >= static_cast<std::int64_t>(bytes))
      return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::uint64_t bytes) { left_.fetch_add(static_cast<std::int64_t>(bytes)); }

private:
  std::atomic<std::int64_t> left_;
};

/// Bytes of a budget, given back when it goes. A few bytes take nothing from it, so that small requests are served though large ones have
/// used it up: how many those are is bounded by the number of connections.
class byte_lease {
public:
  static constexpr std::uint64_t free_bytes = 64 * 1024;

  byte_lease() = default;
  explicit byte_lease(byte_budget& from) : from_(&from) {}
  byte_lease(byte_lease&& other) noexcept : from_(other.from_), bytes_(std::exchange(other.bytes_, 0)) {}
  byte_lease& operator=(byte_lease&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~byte_lease() {
    if (bytes_ > 0)
      from_->give_back(bytes_);
  }

  /// Holds at least so many from now on; false if there are not so many left.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= std::max(bytes_, free_bytes))
      return true;
    if (!from_->take(bytes - bytes_))
      return false;
    bytes_ = bytes;
    return true;
  }

private:
  byte_budget* from_ = nullptr;
  std::uint64_t bytes_ = 0;
};

} // namespace troupe
