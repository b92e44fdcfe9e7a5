#pragma once

#include "runtime/serving/event_loop.hpp"

#include <memory>

namespace troupe {

/// A thread with epoll behind the seam that a gateway's loop implements. Destroying it stops the thread; what is left is
/// destroyed unrun.
class test_loop final : public event_loop {
public:
  test_loop();
  ~test_loop() override;

  bool is_current() const override;
  void post(std::function<void()> task) override;
  void call_after(std::chrono::nanoseconds delay, std::function<void()> task) override;
  void watch(int fd, std::function<void()> on_ready) override;
  void unwatch(int fd) override;

  /// Runs `task` on the loop's thread and waits until it has returned.
  void run(const std::function<void()>& task);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe
