#include "runtime/cli/child_output.hpp"

#include "runtime/base/unique_fd.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe {

namespace {

using steady = std::chrono::steady_clock;

/// A child that is killed and reaped at the latest with this object.
class child {
public:
  explicit child(pid_t pid) : pid_(pid) {}
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      (void)wait();
    }
  }

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

private:
  pid_t pid_;
};

/// The child's pid; one socket is its stdin and its stdout. The number of the error if it can't be started.
int spawn(const std::vector<std::string>& arguments, int socket, pid_t& pid) {
  std::vector<char*> argv;
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  int failure = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return failure;
}

/// Sends `input`, then the end of it; takes what comes until its end.
class conversation {
public:
  conversation(int socket, const std::string& input, const child_limits& limits)
    : socket_(socket), input_(input), limits_(limits), deadline_(steady::now() + limits.time) {}

  result<std::string> hold() {
    send_some();
    while (!ended_) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady::now()).count();
      pollfd state{socket_, static_cast<short>(POLLIN | (sent_ < input_.size() ? POLLOUT : 0)), 0};
      if (left <= 0 || ::poll(&state, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) < 0)
        return error{error_code::deadline_exceeded, "not done within " + human_duration(limits_.time)};
      if ((state.revents & POLLOUT) != 0)
        send_some();
      if ((state.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        receive_some();
      if (output_.size() > limits_.output_bytes)
        return error{error_code::overloaded, "its answer is larger than " + human_size(limits_.output_bytes)};
    }
    return std::move(output_);
  }

private:
  void send_some() {
    auto sent = ::send(socket_, input_.data() + sent_, input_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
      sent_ += static_cast<std::size_t>(sent);
    else if (sent < 0 && errno != EAGAIN && errno != EINTR)
      sent_ = input_.size(); // it doesn't want it
    if (sent_ == input_.size())
      ::shutdown(socket_, SHUT_WR);
  }

  void receive_some() {
    char block[1 << 16];
    auto got = ::recv(socket_, block, sizeof block, MSG_DONTWAIT);
    if (got > 0)
      output_.append(block, static_cast<std::size_t>(got));
    else
      ended_ = got == 0 || (errno != EAGAIN && errno != EINTR);
  }

  const int socket_;
  const std::string& input_;
  const child_limits& limits_;
  const steady::time_point deadline_;
  std::size_t sent_ = 0;
  bool ended_ = false;
  std::string output_;
};

} // namespace

result<child_end> run_child(const std::vector<std::string>& arguments, const std::string& input, const child_limits& limits) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return error{error_code::io_failed, std::string("out of descriptors: ") + std::strerror(errno)};
  unique_fd ours(pair[0]);
  unique_fd theirs(pair[1]);
  pid_t pid = 0;
  if (int failure = spawn(arguments, theirs.get(), pid); failure != 0)
    return error{error_code::io_failed, "can't start '" + arguments[0] + "': " + std::strerror(failure)};
  child process(pid);
  theirs.reset();
  auto output = conversation(ours.get(), input, limits).hold();
  if (!output)
    return output.failure();
  int status = process.wait();
  return child_end{std::move(*output), WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

} // namespace troupe
