#pragma once

#include "runtime/base/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe {

struct child_options {
  std::vector<std::string> command; ///< the program's path, then its arguments
  std::string in = "/dev/null";     ///< read as stdin
  std::string out = "/dev/null";    ///< appended to, as stdout
  std::string err = "/dev/null";    ///< appended to, as stderr
  bool detached = false;            ///< in a session of its own; outlives the thread that started it
};

/// A process that we started, known by its id. It is killed when this object dies or, unless detached, the thread that started it.
class child {
public:
  /// Throws std::system_error if no process can be made; a program that can't be run exits with 127.
  explicit child(const child_options& options);
  child(child&&) = default;
  child& operator=(child&&) = delete;
  ~child();

  pid_t pid() const { return pid_; }
  /// Harmless once it has been waited for.
  void signal(int number) const;
  /// As the shell tells it: the exit code, or 128 + the signal's number. Nothing if it still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  /// From now on it lives without us.
  void release() { pidfd_.reset(); }

private:
  pid_t pid_ = -1;
  unique_fd pidfd_; ///< closed once it is gone or released
};

/// What a process wrote there; empty if there is no such file.
std::string text_of_file(const std::string& path);

} // namespace troupe
