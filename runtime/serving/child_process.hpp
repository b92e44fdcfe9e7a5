#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/serving/host_watch.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace troupe {

class child_table;

/// One child process of this node, by pidfd.
class child_process {
public:
  child_process(pid_t pid, unique_fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid() const { return pid_; }
  /// SIGKILL; harmless once it is gone. Any thread.
  void kill() const;

private:
  friend class child_table;
  /// Takes the exit status if it has exited: "signal:9", "exit:1".
  std::optional<std::string> reap(int extra_flags) const;

  pid_t pid_;
  unique_fd pidfd_;
  std::function<void(std::string)> on_exit_;
};

/// The children of this node that are model hosts or templates: each is watched, reaped once, and known by its pid as long as
/// it isn't. Used on the watch's thread only.
class child_table {
public:
  explicit child_table(host_watch& watch) : watch_(watch) {}

  /// Takes a child in that somebody else reports. Believed only if the pidfd is one, of a child of ours, of that pid, and not
  /// known yet.
  result<std::shared_ptr<child_process>> adopt(pid_t reported, unique_fd pidfd);
  /// Takes in a child that this node started itself.
  std::shared_ptr<child_process> add(pid_t pid, unique_fd pidfd);

  /// Calls `on_exit` once, with the reason, when the child is gone and reaped.
  void expect_exit(const std::shared_ptr<child_process>& child, std::function<void(std::string)> on_exit);

  /// Kills all and waits until they are gone; each one's `on_exit` is called.
  void end_all();

  /// Kills children of this thread that nobody has claimed: seen in two calls in a row and not known in between. A version
  /// template that forks unasked makes such. Returns how many.
  std::size_t sweep_strays();

private:
  void gone(const std::shared_ptr<child_process>& child, std::string reason);

  host_watch& watch_;
  std::map<pid_t, std::shared_ptr<child_process>> children_;
  std::vector<pid_t> suspects_;
};

} // namespace troupe
