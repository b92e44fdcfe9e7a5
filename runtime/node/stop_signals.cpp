#include "runtime/node/stop_signals.hpp"

#include <chrono>
#include <pthread.h>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace troupe {

namespace {

/// A signal to a process and to its group, as timeout(1) sends it, arrives twice.
constexpr std::chrono::milliseconds same_request{100};
constexpr std::string_view last_words = "stopped at once: asked a second time\n";

} // namespace

stop_signals::stop_signals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

stop_signals::as_usual::as_usual(const stop_signals& of) : set_(of.set_) {
  ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

stop_signals::as_usual::~as_usual() {
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int stop_signals::await() {
  int first = 0;
  ::sigwait(&set_, &first);
  std::thread([set = set_, first, since = std::chrono::steady_clock::now()] {
    int second = 0;
    do {
      ::sigwait(&set, &second);
    } while (second == first && std::chrono::steady_clock::now() - since < same_request);
    [[maybe_unused]] auto told = ::write(STDERR_FILENO, last_words.data(), last_words.size());
    ::_exit(1);
  }).detach();
  return first;
}

} // namespace troupe
