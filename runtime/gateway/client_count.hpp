#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe {

enum class door_kind : std::uint8_t { rpc, http, cluster };

/// How many clients a node has; the limit is for all its doors together. Thread-safe.
class client_count {
public:
  explicit client_count(std::uint32_t most) : most_(most) {}

  /// Whether there is a place; it must be left again.
  bool enter(door_kind by);
  void leave(door_kind by);
  std::uint32_t open(door_kind door) const { return by_door_[static_cast<std::size_t>(door)].load(std::memory_order_relaxed); }

private:
  const std::uint32_t most_;
  std::atomic<std::uint32_t> now_{0};
  std::array<std::atomic<std::uint32_t>, 3> by_door_{};
};

} // namespace troupe
