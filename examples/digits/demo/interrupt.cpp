#include "examples/digits/demo/interrupt.hpp"

#include <csignal>
#include <thread>
#include <unistd.h>

namespace troupe {

void on_interrupt(std::function<void()> clean_up) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  std::thread([stop, clean_up = std::move(clean_up)] {
    int signal = 0;
    ::sigwait(&stop, &signal);
    clean_up();
    ::_exit(128 + signal);
  }).detach();
}

} // namespace troupe
