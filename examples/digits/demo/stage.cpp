#include "examples/digits/demo/stage.hpp"

#include "runtime/cli/exit_code.hpp"

#include <csignal>
#include <filesystem>
#include <sstream>
#include <utility>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto command_timeout = 120s;
constexpr auto death_timeout = 10s;

} // namespace

stage::stage(std::string program, std::string digits, std::string folder, bool keep)
  : program_(std::move(program)), digits_(std::move(digits)), folder_(std::move(folder)), keep_(keep) {}

std::chrono::nanoseconds stage::start_node(std::size_t number) {
  auto& arguments = arguments_.at(number - 1);
  if (arguments.empty()) {
    arguments = {"--cluster", "127.0.0.1:0", "--name", name_of(number)};
    auto more = number == 1 ? std::vector<std::string>() : join_arguments();
    arguments.insert(arguments.end(), more.begin(), more.end());
  }
  auto folder = folder_ + "/" + name_of(number);
  std::filesystem::create_directories(folder);
  nodes_.at(number - 1).reset();
  auto begun = std::chrono::steady_clock::now();
  nodes_[number - 1] = std::make_unique<node_process>(node_process_options{program_, folder, "127.0.0.1:0", arguments, keep_});
  (*pids_)[number - 1] = nodes_[number - 1]->pid();
  return std::chrono::steady_clock::now() - begun;
}

/// As `troupe token create` says that a node joins by its token.
std::vector<std::string> stage::join_arguments() {
  auto told = must(1, {"token", "create"}).err;
  std::istringstream words(told.substr(std::min(told.size(), told.find("--join"))));
  std::vector<std::string> arguments;
  for (std::string word; arguments.size() < 4 && words >> word;)
    arguments.push_back(word);
  if (arguments.size() != 4)
    throw command_failure(exit_code::failed, "`troupe token create` doesn't say how to join: " + told);
  return arguments;
}

void stage::kill_node(std::size_t number) {
  node(number).signal(SIGKILL);
  node(number).wait(death_timeout);
}

std::optional<int> stage::stop_node(std::size_t number) {
  auto code = node(number).stop();
  (*pids_)[number - 1] = 0;
  return code;
}

void stage::release_nodes() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    (*pids_)[i] = 0;
    if (nodes_[i] != nullptr)
      nodes_[i]->release();
  }
}

stage::outcome stage::troupe(std::size_t asked, std::vector<std::string> arguments) {
  auto verb = arguments.front();
  arguments.insert(arguments.begin(), {program_, "--node", node(asked).address()});
  child_options start;
  start.command = std::move(arguments);
  start.out = folder_ + "/command.out";
  start.err = folder_ + "/command.err";
  std::filesystem::remove(start.out);
  std::filesystem::remove(start.err);
  auto begun = std::chrono::steady_clock::now();
  child running(start);
  auto code = running.wait(command_timeout);
  if (!code)
    throw command_failure(exit_code::timed_out, "`troupe " + verb + "` does not end; the node's log:\n" + node(asked).log());
  return {*code, text_of_file(start.out), text_of_file(start.err), std::chrono::steady_clock::now() - begun};
}

stage::outcome stage::must(std::size_t asked, std::vector<std::string> arguments) {
  auto verb = arguments.front();
  auto done = troupe(asked, std::move(arguments));
  if (done.code != 0)
    throw command_failure(exit_code::failed,
                          "`troupe " + verb + "` failed:\n" + done.err + "The node's log:\n" + node(asked).log());
  return done;
}

} // namespace troupe
