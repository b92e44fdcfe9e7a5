#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/serving/event_loop.hpp"
#include "tests/support/sim_time.hpp"

#include <deque>
#include <functional>

namespace troupe {

/// A gateway's loop in simulated time: what is posted runs soon and in order.
class sim_loop final : public event_loop {
public:
  sim_loop(sim_time& time, rng random) : time_(time), random_(random) {}

  bool is_current() const override { return current_; }
  void post(std::function<void()> task) override {
    tasks_.push_back(std::move(task));
    time_.after(std::chrono::microseconds(random_.below(200)), [this] { run_first(); });
  }
  void call_after(std::chrono::nanoseconds delay, std::function<void()> task) override {
    time_.after(delay, [this, task = std::move(task)] { run(task); });
  }
  /// Fakes have no doorbells.
  void watch(int, std::function<void()>) override {}
  void unwatch(int) override {}

  /// Runs `task` now, as if on the loop's thread.
  void run(const std::function<void()>& task) {
    auto before = std::exchange(current_, true);
    task();
    current_ = before;
  }
  /// Destroys what was posted unrun; the time has forgotten its tasks too.
  void stop() { std::deque<std::function<void()>>().swap(tasks_); }

private:
  void run_first() {
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    run(task);
  }

  sim_time& time_;
  rng random_;
  std::deque<std::function<void()>> tasks_;
  bool current_ = false;
};

} // namespace troupe
