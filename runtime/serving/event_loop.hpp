#pragma once

#include <chrono>
#include <functional>

namespace troupe {

/// One thread's loop, as far as a request's path needs it: the gateway's KJ loops implement it, and tests and simulation do.
class event_loop {
public:
  virtual ~event_loop() = default;
  /// Whether the calling thread is this loop's.
  virtual bool is_current() const = 0;
  /// Runs `task` on the loop's thread, soon and in order. Any thread; never blocks. A loop that has stopped destroys it unrun.
  virtual void post(std::function<void()> task) = 0;
  /// Runs `task` on the loop's thread once `delay` is over, give or take a millisecond. Any thread. A loop that has stopped destroys it unrun.
  virtual void call_after(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
  /// Calls `on_ready` on the loop's thread each time `fd` (an eventfd) has been rung. Any thread. The loop keeps `on_ready`, and
  /// what it owns, until `unwatch(fd)` has been carried out.
  virtual void watch(int fd, std::function<void()> on_ready) = 0;
  virtual void unwatch(int fd) = 0;
};

} // namespace troupe
