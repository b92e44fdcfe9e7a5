#pragma once

#include "runtime/base/unique_fd.hpp"

#include <kj/async-unix.h>

#include <chrono>

namespace troupe {

/// Waits for a moment to some microseconds; KJ's own timer rounds up to a millisecond. Used on the thread of the event port.
class precise_timer {
public:
  explicit precise_timer(kj::UnixEventPort& port);

  /// Done at `moment`, at once if it is past. One at a time.
  kj::Promise<void> at(std::chrono::steady_clock::time_point moment);

private:
  unique_fd timer_;
  kj::UnixEventPort::FdObserver observer_;
};

} // namespace troupe
