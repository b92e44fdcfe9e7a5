#pragma once

#include "runtime/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace troupe {

/// One thread (epoll) that owns the slow side of all hosts: their pidfds, their control sockets, and a tick for batch and queue
/// deadlines. All callbacks run on its thread; whatever they hold is destroyed there or by who unregisters them.
class host_watch {
public:
  /// How long a passed deadline may go unnoticed.
  static constexpr std::chrono::milliseconds tick{50};

  explicit host_watch(const clock& time);
  /// Stops and joins the thread; callbacks that are left never begin.
  ~host_watch();

  /// Calls `on_readable` whenever the descriptor is readable or hung up (level-triggered). One watch a descriptor. Any thread.
  void watch(int fd, std::function<void()> on_readable);
  /// After it returns, the callback neither runs nor begins — unless called from within that very callback. Does not close.
  /// Harmless on a descriptor that isn't watched. Any thread, but none that holds a lock which the callback takes.
  void unwatch(int fd);

  using ticker_id = std::uint64_t;
  /// Calls `on_tick` every `tick` for as long as it is registered; the thread sleeps for good while nothing is. Any thread.
  ticker_id add_ticker(std::function<void(steady_time)> on_tick);
  /// As `unwatch`.
  void remove_ticker(ticker_id id);

  /// Runs `task` on the thread, soon and in order. Any thread.
  void post(std::function<void()> task);
  bool is_current() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe
