#pragma once

#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe::bench {

/// Another program of this run's, killed and waited for when this is destroyed. Its output goes to a file.
class program {
public:
  /// command[0] is a path. `more_environment` is added to ours. Throws std::runtime_error if it can't be started.
  program(const std::vector<std::string>& command, const std::string& output_path,
          const std::map<std::string, std::string>& more_environment = {});
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  pid_t pid() const { return pid_; }
  /// Waits until it has ended by itself; throws std::runtime_error, with what it printed, unless it ended well.
  void finish();

private:
  pid_t pid_;
  std::string name_;
  std::string output_path_;
  bool ended_ = false;
};

/// A port on 127.0.0.1 that nobody listens on just now.
unsigned free_port();

/// The whole file, "" if there is none.
std::string text_of_file(const std::string& path);

} // namespace troupe::bench
