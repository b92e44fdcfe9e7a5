#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>

namespace troupe {

/// Simulated time and what is due in it. One thread.
class sim_time final : public clock {
public:
  steady_time now() const override { return now_; }
  wall_time wall_now() const override { return wall_time(now_.time_since_epoch()); }

  /// Runs `task` once `delay` is over; tasks of one moment in the order in which they were given.
  void after(std::chrono::nanoseconds delay, std::function<void()> task) { tasks_.emplace(now_ + delay, std::move(task)); }
  /// When the next task is due, if there is one.
  std::optional<steady_time> next() const { return tasks_.empty() ? std::nullopt : std::optional(tasks_.begin()->first); }
  /// Runs the first task that is due; false if none is.
  bool run_one();
  /// Never goes back; runs nothing.
  void move_to(steady_time when) { now_ = std::max(now_, when); }
  /// Destroys all tasks unrun.
  void forget_tasks() { std::multimap<steady_time, std::function<void()>>().swap(tasks_); }

private:
  steady_time now_{std::chrono::seconds(1000)};
  std::multimap<steady_time, std::function<void()>> tasks_;
};

inline bool sim_time::run_one() {
  if (tasks_.empty() || tasks_.begin()->first > now_)
    return false;
  auto task = std::move(tasks_.begin()->second);
  tasks_.erase(tasks_.begin());
  task();
  return true;
}

} // namespace troupe
