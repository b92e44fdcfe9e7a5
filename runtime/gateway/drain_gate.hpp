#pragma once

#include "runtime/base/error.hpp"

#include <atomic>

namespace troupe {

/// Open until the node is asked to stop; from then on it finishes what it has and takes nothing new. Any thread.
class drain_gate {
public:
  void close() { closed_.store(true, std::memory_order_release); }
  bool closed() const { return closed_.load(std::memory_order_acquire); }

  /// What a request hears then.
  static error refusal() {
    return {error_code::unavailable, "the node is shutting down; send it to another, or again in a moment"};
  }

private:
  std::atomic<bool> closed_{false};
};

} // namespace troupe
