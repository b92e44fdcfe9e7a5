#include "runtime/cli/interrupt.hpp"

#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe {

namespace {

/// What the handler can reach.
volatile std::sig_atomic_t handler_event = -1;

void on_signal(int) {
  auto saved = errno;
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(handler_event, &one, sizeof one);
  errno = saved;
}

} // namespace

interrupt::interrupt(kj::UnixEventPort& port)
  : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), observer_(port, event_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {
  handler_event = event_.get();
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, &before_);
}

interrupt::~interrupt() {
  ::sigaction(SIGINT, &before_, nullptr);
  handler_event = -1;
}

kj::Promise<void> interrupt::next() {
  if (happened())
    return kj::READY_NOW;
  return observer_.whenBecomesReadable();
}

bool interrupt::happened() const {
  pollfd readable{event_.get(), POLLIN, 0};
  return ::poll(&readable, 1, 0) == 1;
}

} // namespace troupe
