#pragma once

#include "runtime/base/unique_fd.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

namespace troupe::bench {

/// A function at work in a process of its own, forked from this one. Call it from a process with one thread that has no KJ loop.
template <class Result>
class in_child {
  static_assert(std::is_trivially_copyable_v<Result>, "it goes through a pipe");

public:
  template <class Work>
  explicit in_child(Work work) {
    int ends[2];
    if (::pipe(ends) != 0)
      throw std::runtime_error("no pipe");
    result_ = unique_fd(ends[0]);
    unique_fd into(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0)
      throw std::runtime_error("can't fork");
    if (pid_ == 0)
      run(work, into.get());
  }
  ~in_child() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  in_child(const in_child&) = delete;
  in_child& operator=(const in_child&) = delete;

  /// Waits for what the function returns. Throws std::runtime_error if it failed; what it threw stands on stderr. Once.
  Result get() {
    Result result{};
    auto size = ::read(result_.get(), &result, sizeof result);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    if (size != sizeof result)
      throw std::runtime_error("a process of the benchmark failed");
    return result;
  }

private:
  template <class Work>
  [[noreturn]] static void run(Work& work, int into) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      Result result = work();
      ::_exit(::write(into, &result, sizeof result) == sizeof result ? 0 : 1);
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "troupe_bench: %s\n", failure.what());
    }
    ::_exit(1);
  }

  unique_fd result_;
  pid_t pid_ = 0;
};

} // namespace troupe::bench
