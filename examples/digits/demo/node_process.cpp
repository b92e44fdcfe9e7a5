#include "examples/digits/demo/node_process.hpp"

#include "runtime/cli/exit_code.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// How often we look for the address.
constexpr auto look_interval = 2ms;

child_options start_of(const node_process_options& options) {
  child_options start;
  start.command = {options.program,
                   "node",
                   "--data",
                   options.folder + "/data",
                   "--listen",
                   options.listen,
                   "--http",
                   options.http,
                   "--address-file",
                   options.folder + "/address",
                   "--http-address-file",
                   options.folder + "/http_address"};
  start.command.insert(start.command.end(), options.arguments.begin(), options.arguments.end());
  start.out = start.err = options.folder + "/node.log";
  start.detached = options.detached;
  std::filesystem::remove(options.folder + "/address");
  return start;
}

} // namespace

node_process::node_process(const node_process_options& options)
  : log_file_(options.folder + "/node.log"), file_of_http_(options.folder + "/http_address"), process_(start_of(options)) {
  await_address(options.folder + "/address");
}

void node_process::await_address(const std::string& file) {
  auto until = std::chrono::steady_clock::now() + start_timeout;
  while (!std::filesystem::exists(file)) {
    if (auto code = process_.wait(look_interval))
      throw command_failure(exit_code::failed, "the node ended with exit code " + std::to_string(*code) + ":\n" + log());
    if (std::chrono::steady_clock::now() > until)
      throw command_failure(exit_code::timed_out, "the node does not serve:\n" + log());
  }
  std::ifstream(file) >> address_;
  std::ifstream(file_of_http_) >> http_address_;
}

std::optional<int> node_process::stop() {
  signal(SIGTERM);
  return wait(stop_timeout);
}

} // namespace troupe
