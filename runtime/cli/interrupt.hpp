#pragma once

#include "runtime/base/unique_fd.hpp"

#include <kj/async-unix.h>

#include <csignal>
#include <optional>

namespace troupe {

/// Ctrl-C as an event: while this lives, SIGINT doesn't end the process but is told here. One at a time in a process, used on the
/// thread of the event port.
class interrupt {
public:
  explicit interrupt(kj::UnixEventPort& port);
  ~interrupt();
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;

  /// Done at the first SIGINT since this was made. One at a time.
  kj::Promise<void> next();
  bool happened() const;

private:
  unique_fd event_;
  kj::UnixEventPort::FdObserver observer_;
  struct sigaction before_{};
};

} // namespace troupe
