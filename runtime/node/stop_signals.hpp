#pragma once

#include <csignal>

namespace troupe {

/// SIGTERM and SIGINT, for the whole process. Made before any other thread, and there to its end.
class stop_signals {
public:
  /// Blocks them in this thread, and in all that it starts.
  stop_signals();

  /// While it lives, one of them ends the process as it usually does: for a wait before there is anything to take down. On the thread that made
  /// the signals.
  class as_usual {
  public:
    explicit as_usual(const stop_signals& of);
    ~as_usual();
    as_usual(const as_usual&) = delete;
    as_usual& operator=(const as_usual&) = delete;

  private:
    const sigset_t& set_;
  };

  /// Waits for the first. From then on the next one ends the process at once, with exit code 1: the person's patience is over. Its hosts end with it.
  int await();

private:
  sigset_t set_;
};

} // namespace troupe
