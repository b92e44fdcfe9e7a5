#pragma once

#include "examples/digits/demo/node_process.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe {

/// Nodes that a demo has at most.
inline constexpr std::size_t demo_nodes_max = 4;

/// Where the demo plays: its folder, its nodes, and the command line as a user has it. Nodes count from 1; the first one founds the cluster, the
/// others join it.
class stage {
public:
  /// What a command of `troupe` gave.
  struct outcome {
    int code = 0;
    std::string out;
    std::string err;
    std::chrono::nanoseconds took{0};
  };
  /// Of nodes that must not outlive an interrupted demo; 0: none.
  using node_pids = std::array<std::atomic<pid_t>, demo_nodes_max>;

  /// `keep`: the nodes outlive us.
  stage(std::string program, std::string digits, std::string folder, bool keep);

  const std::string& program() const { return program_; }
  const std::string& digits() const { return digits_; } ///< path of examples/digits
  const std::string& folder() const { return folder_; } ///< temporary
  node_process& node(std::size_t number) { return *nodes_.at(number - 1); }
  static std::string name_of(std::size_t number) { return "n" + std::to_string(number); }
  std::shared_ptr<node_pids> pids() const { return pids_; }

  /// Has it found the cluster or join it, or starts it again on the same data; returns once it serves. How long the node itself took.
  std::chrono::nanoseconds start_node(std::size_t number);
  void kill_node(std::size_t number);
  /// Its exit code; nothing if it did not stop in time.
  std::optional<int> stop_node(std::size_t number);
  /// From now on all of them live without us.
  void release_nodes();

  /// `troupe --node … arguments`, asked of that node, to its end. command_failure (timed_out) if that takes minutes.
  outcome troupe(std::size_t asked, std::vector<std::string> arguments);
  /// The same; command_failure with what it said and the node's log if it fails.
  outcome must(std::size_t asked, std::vector<std::string> arguments);

private:
  std::vector<std::string> join_arguments();

  std::string program_;
  std::string digits_;
  std::string folder_;
  bool keep_;
  std::array<std::unique_ptr<node_process>, demo_nodes_max> nodes_;
  std::array<std::vector<std::string>, demo_nodes_max> arguments_; ///< of nodes that were started before
  std::shared_ptr<node_pids> pids_ = std::make_shared<node_pids>();
};

} // namespace troupe
