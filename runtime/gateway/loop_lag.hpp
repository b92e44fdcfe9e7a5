#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/serving/duration_histogram.hpp"
#include "runtime/serving/event_loop.hpp"

#include <atomic>
#include <memory>

namespace troupe {

/// How late a loop does what it is asked: from `event_loop::post` until the task runs. Reading is thread-safe, asking is one thread's.
class loop_lag {
public:
  /// The loop and the clock must outlive it; what it has asked may outlive it.
  loop_lag(event_loop& loop, const clock& time) : loop_(loop), time_(time) {}

  /// Asks the loop, unless it still owes an answer.
  void ask();
  duration_counts read() const { return state_->lags.read(); }

private:
  struct state {
    duration_histogram lags;
    std::atomic<bool> owes{false};
  };

  event_loop& loop_;
  const clock& time_;
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

} // namespace troupe
