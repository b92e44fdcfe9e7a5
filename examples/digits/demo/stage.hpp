#pragma once

#include "examples/digits/demo/node_process.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe {

/// Where the demo plays: its folder, its node, and the command line as a user has it.
class stage {
public:
  /// What a command of `troupe` gave.
  struct outcome {
    int code = 0;
    std::string out;
    std::string err;
    std::chrono::nanoseconds took{0};
  };

  /// `keep`: the node outlives us.
  stage(std::string program, std::string digits, std::string folder, bool keep);

  const std::string& program() const { return program_; }
  const std::string& digits() const { return digits_; } ///< path of examples/digits
  const std::string& folder() const { return folder_; } ///< temporary
  node_process& node() { return *node_; }
  /// Of the node that must not outlive an interrupted demo; 0: none.
  std::shared_ptr<std::atomic<pid_t>> pid() const { return pid_; }

  /// Starts the node, or starts it again on the same data; returns once it serves.
  void start_node();
  void kill_node();
  /// Its exit code; nothing if it did not stop in time.
  std::optional<int> stop_node();
  /// From now on it lives without us.
  void release_node();

  /// `troupe --node … arguments`, to its end. command_failure (timed_out) if that takes minutes.
  outcome troupe(std::vector<std::string> arguments);
  /// The same; command_failure with what it said and the node's log if it fails.
  outcome must(std::vector<std::string> arguments);

private:
  std::string program_;
  std::string digits_;
  std::string folder_;
  bool keep_;
  std::unique_ptr<node_process> node_;
  std::shared_ptr<std::atomic<pid_t>> pid_ = std::make_shared<std::atomic<pid_t>>(0);
};

} // namespace troupe
