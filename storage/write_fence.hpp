#pragma once

#include "runtime/base/error.hpp"

#include <mutex>
#include <optional>
#include <utility>

namespace troupe {

/// Once it is closed nothing more is written behind it, because somebody else's word counts now. Thread-safe.
class write_fence {
public:
  void close(error why) {
    std::lock_guard lock(mutex_);
    why_ = std::move(why);
  }
  /// Why nothing may be written; nothing: it may.
  std::optional<error> refusal() const {
    std::lock_guard lock(mutex_);
    return why_;
  }

private:
  mutable std::mutex mutex_;
  std::optional<error> why_;
};

} // namespace troupe
