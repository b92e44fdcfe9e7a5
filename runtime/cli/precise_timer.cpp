#include "runtime/cli/precise_timer.hpp"

#include <sys/timerfd.h>

namespace troupe {

precise_timer::precise_timer(kj::UnixEventPort& port)
  : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
    observer_(port, timer_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

kj::Promise<void> precise_timer::at(std::chrono::steady_clock::time_point moment) {
  using std::chrono::nanoseconds;
  if (moment <= std::chrono::steady_clock::now())
    return kj::READY_NOW;
  nanoseconds since_boot = moment.time_since_epoch(); // steady_clock is CLOCK_MONOTONIC
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = nanoseconds(since_boot - seconds).count();
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  return observer_.whenBecomesReadable();
}

} // namespace troupe
