#pragma once

#include <csignal>

namespace troupe {

/// SIGTERM and SIGINT, for the whole process. Made before any other thread, and there to its end.
class stop_signals {
public:
  /// Blocks them in this thread, and in all that it starts.
  stop_signals();

  /// Waits for the first. From then on the next one ends the process at once, with exit code 1: the person's patience is over. Its hosts end with it.
  int await();

private:
  sigset_t set_;
};

} // namespace troupe
