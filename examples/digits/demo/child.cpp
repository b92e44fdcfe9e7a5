#include "examples/digits/demo/child.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace troupe {

namespace {

constexpr int cannot_run = 127;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void redirect(int to, const char* path, int flags) {
  int file = ::open(path, flags | O_CLOEXEC, 0644);
  if (file < 0 || ::dup2(file, to) < 0)
    ::_exit(cannot_run);
}

/// Runs in the fork of a process that may have threads: only what POSIX calls async-signal-safe.
[[noreturn]] void become(const child_options& options, char* const* arguments, pid_t parent) {
  if (options.detached)
    ::setsid();
  else
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!options.detached && ::getppid() != parent)
    ::_exit(cannot_run);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  redirect(STDIN_FILENO, options.in.c_str(), O_RDONLY);
  redirect(STDOUT_FILENO, options.out.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  redirect(STDERR_FILENO, options.err.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  ::execv(arguments[0], arguments);
  ::_exit(cannot_run);
}

} // namespace

child::child(const child_options& options) {
  std::vector<char*> arguments;
  for (const auto& argument : options.command)
    arguments.push_back(const_cast<char*>(argument.c_str())); // execv takes them so and leaves them alone
  arguments.push_back(nullptr);
  auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0)
    fail("fork");
  if (pid_ == 0)
    become(options, arguments.data(), parent);
  pidfd_ = unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_)
    fail("pidfd_open");
}

child::~child() {
  if (!pidfd_)
    return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void child::signal(int number) const {
  if (pidfd_)
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

std::optional<int> child::wait(std::chrono::milliseconds patience) {
  pollfd exit{pidfd_.get(), POLLIN, 0};
  if (!pidfd_ || ::poll(&exit, 1, static_cast<int>(patience.count())) != 1)
    return std::nullopt;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pidfd_.reset();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

} // namespace troupe
