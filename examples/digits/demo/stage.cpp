#include "examples/digits/demo/stage.hpp"

#include "runtime/cli/exit_code.hpp"

#include <csignal>
#include <filesystem>
#include <utility>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto command_timeout = 120s;
constexpr auto death_timeout = 10s;

} // namespace

stage::stage(std::string program, std::string digits, std::string folder, bool keep)
  : program_(std::move(program)), digits_(std::move(digits)), folder_(std::move(folder)), keep_(keep) {}

void stage::start_node() {
  node_ = std::make_unique<node_process>(node_process_options{program_, folder_, "127.0.0.1:0", {}, keep_});
  *pid_ = node_->pid();
}

void stage::kill_node() {
  node_->signal(SIGKILL);
  node_->wait(death_timeout);
}

std::optional<int> stage::stop_node() {
  auto code = node_->stop();
  *pid_ = 0;
  return code;
}

void stage::release_node() {
  *pid_ = 0;
  node_->release();
}

stage::outcome stage::troupe(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {program_, "--node", node_->address()});
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
    throw command_failure(exit_code::timed_out,
                          "`troupe " + start.command[3] + "` does not end; the node's log:\n" + node_->log());
  return {*code, text_of_file(start.out), text_of_file(start.err), std::chrono::steady_clock::now() - begun};
}

stage::outcome stage::must(std::vector<std::string> arguments) {
  auto verb = arguments.front();
  auto done = troupe(std::move(arguments));
  if (done.code != 0)
    throw command_failure(exit_code::failed, "`troupe " + verb + "` failed:\n" + done.err + "The node's log:\n" + node_->log());
  return done;
}

} // namespace troupe
