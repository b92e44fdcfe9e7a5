#pragma once

#include "examples/digits/demo/node_process.hpp"
#include "runtime/cli/client.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troupe::test {

/// What a command of `troupe` gave.
struct command_result {
  int code = -1; ///< 124: it did not end in time
  std::string out;
  std::string err;
};

/// Paths of what is served.
std::string model_folder_of(const std::string& name); ///< one that tests/models makes
std::string digits_folder(const std::string& name);   ///< examples/digits
std::string troupe_program();

/// Runs a program to its end; `in` is its stdin.
command_result run_program(const std::vector<std::string>& command, const std::string& in = "",
                           std::chrono::seconds timeout = std::chrono::seconds(60));

/// Looks until it holds; false if it does not within `patience`.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience = std::chrono::seconds(30));

bool contains(const std::string& text, const std::string& part);

/// Whether a process of this id lives (a zombie does not).
bool lives(pid_t pid);

/// A node with a folder of its own, and what people do with it. Each runs the real `troupe`.
class running_node {
public:
  explicit running_node(std::vector<std::string> arguments = {});

  node_process& process() { return *process_; }
  const std::string& address() const { return process_->address(); }
  std::string folder() const { return folder_.path().string(); }
  /// Starts it again on the same data.
  void restart();

  /// `troupe --node ADDRESS …`
  command_result troupe(std::vector<std::string> arguments, const std::string& in = "");
  /// Deploys a model of tests/models and waits until it is live; its replicas are requested at once.
  void deploy(const std::string& name, const std::string& model, int replicas = 1);

  /// Process ids of the replicas that are ready, of the live version.
  std::vector<pid_t> ready_pids(const std::string& name);
  /// The process id in the newest `version_loaded` event: the version's template.
  pid_t template_pid(const std::string& name);
  /// Events of the deployment, as `troupe events` prints them.
  std::string events(const std::string& name);
  /// Every process whose parent is the node, or its parent's parent.
  std::vector<pid_t> descendants() const;

  std::uint64_t resident_bytes() const;

private:
  temporary_folder folder_;
  std::vector<std::string> arguments_;
  std::optional<node_process> process_;
};

} // namespace troupe::test
