#pragma once

#include "examples/digits/demo/child.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct node_process_options {
  std::string program;                ///< path of `troupe`
  std::string folder;                 ///< exists; holds the node's data, its log and its address
  std::string listen = "127.0.0.1:0"; ///< port 0: the kernel chooses
  std::vector<std::string> arguments; ///< more, behind the others
  bool detached = false;              ///< see child_options
  std::string http = "127.0.0.1:0";
};

/// A `troupe node` that we started.
class node_process {
public:
  /// The longest that a node may take until it serves.
  static constexpr std::chrono::seconds start_timeout{10};
  /// The longest for a node to stop once it is asked: beyond its own patience with requests under way.
  static constexpr std::chrono::seconds stop_timeout{60};

  /// Returns once it serves. command_failure with its log if it ends or does not serve in time.
  explicit node_process(const node_process_options& options);

  pid_t pid() const { return process_.pid(); }
  const std::string& address() const { return address_; }
  const std::string& http_address() const { return http_address_; }
  std::string log() const { return text_of_file(log_file_); }

  void signal(int number) const { process_.signal(number); }
  std::optional<int> wait(std::chrono::milliseconds patience) { return process_.wait(patience); }
  /// Asks it to stop: its exit code, or nothing if it still runs after stop_timeout.
  std::optional<int> stop();
  /// From now on it lives without us.
  void release() { process_.release(); }

private:
  void await_address(const std::string& file);

  std::string log_file_;
  std::string file_of_http_;
  child process_;
  std::string address_;
  std::string http_address_;
};

} // namespace troupe
