#include "runtime/serving/child_process.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe {

namespace {

/// The process that a pidfd stands for, from the kernel; 0 if it isn't one of a living or unreaped child of ours.
pid_t child_behind(int pidfd) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
    return 0;
  std::ifstream lines("/proc/self/fdinfo/" + std::to_string(pidfd));
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("Pid:", 0) == 0)
      return static_cast<pid_t>(std::atoi(line.c_str() + 4));
  return 0;
}

} // namespace

void child_process::kill() const {
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

std::optional<std::string> child_process::reap(int extra_flags) const {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | extra_flags) != 0)
    return "lost";
  if (info.si_pid == 0)
    return std::nullopt;
  return (info.si_code == CLD_EXITED ? "exit:" : "signal:") + std::to_string(info.si_status);
}

result<std::shared_ptr<child_process>> child_table::adopt(pid_t reported, unique_fd pidfd) {
  auto actual = child_behind(pidfd.get());
  if (actual <= 0 || actual != reported || children_.count(actual) > 0)
    return error{error_code::internal, "reported a process that is not a new child of this node"};
  return add(actual, std::move(pidfd));
}

std::shared_ptr<child_process> child_table::add(pid_t pid, unique_fd pidfd) {
  auto child = std::make_shared<child_process>(pid, std::move(pidfd));
  children_[pid] = child;
  return child;
}

void child_table::expect_exit(const std::shared_ptr<child_process>& child, std::function<void(std::string)> on_exit) {
  child->on_exit_ = std::move(on_exit);
  watch_.watch(child->pidfd_.get(), [this, child] {
    if (auto reason = child->reap(WNOHANG))
      gone(child, *reason);
  });
}

void child_table::gone(const std::shared_ptr<child_process>& child, std::string reason) {
  watch_.unwatch(child->pidfd_.get());
  children_.erase(child->pid());
  auto on_exit = std::exchange(child->on_exit_, nullptr);
  if (on_exit)
    on_exit(std::move(reason));
}

void child_table::end_all() {
  for (const auto& [pid, child] : children_)
    child->kill();
  while (!children_.empty()) {
    auto child = children_.begin()->second;
    gone(child, *child->reap(0));
  }
}

std::size_t child_table::sweep_strays() {
  std::ifstream list("/proc/self/task/" + std::to_string(::gettid()) + "/children");
  std::vector<pid_t> unknown;
  for (pid_t pid = 0; list >> pid;)
    if (children_.count(pid) == 0)
      unknown.push_back(pid);
  std::size_t strays = 0;
  for (auto pid : unknown) {
    if (std::find(suspects_.begin(), suspects_.end(), pid) == suspects_.end())
      continue;
    ::kill(pid, SIGKILL); // not reaped yet, so the number can't be anybody else's
    ::waitpid(pid, nullptr, WNOHANG);
    ++strays;
  }
  suspects_ = std::move(unknown);
  return strays;
}

} // namespace troupe
