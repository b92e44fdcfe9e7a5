#include "runtime/node/stop_signals.hpp"

#include <pthread.h>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::string_view last_words = "stopped at once: asked a second time\n";

} // namespace

stop_signals::stop_signals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int stop_signals::await() {
  int first = 0;
  ::sigwait(&set_, &first);
  std::thread([set = set_] {
    int second = 0;
    ::sigwait(&set, &second);
    [[maybe_unused]] auto told = ::write(STDERR_FILENO, last_words.data(), last_words.size());
    ::_exit(1);
  }).detach();
  return first;
}

} // namespace troupe
