#include "tests/e2e/running_node.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

namespace troupe::test {

namespace {

constexpr int timed_out = 124;

/// The state letter and the parent in /proc/PID/stat; its second field may hold blanks.
struct process_state {
  char letter = 'X';
  pid_t parent = 0;
};

process_state state_of(pid_t pid) {
  auto text = text_of_file("/proc/" + std::to_string(pid) + "/stat");
  process_state state;
  auto end = text.rfind(')');
  if (end != std::string::npos)
    std::sscanf(text.c_str() + end + 1, " %c %d", &state.letter, &state.parent);
  return state;
}

nlohmann::json told_as_json(const command_result& told) {
  BOOST_REQUIRE_MESSAGE(told.code == 0, told.err);
  return nlohmann::json::parse(told.out);
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc"))
    if (auto pid = std::atoi(entry.path().filename().c_str()); pid > 0)
      pids.push_back(pid);
  return pids;
}

} // namespace

std::string model_folder_of(const std::string& name) {
  return std::string(TROUPE_TEST_MODELS) + "/" + name;
}

std::string digits_folder(const std::string& name) {
  return std::string(TROUPE_DIGITS) + "/" + name;
}

std::string troupe_program() {
  return TROUPE_PROGRAM;
}

command_result run_program(const std::vector<std::string>& command, const std::string& in, std::chrono::seconds timeout) {
  temporary_folder folder;
  auto path = [&folder](const char* name) { return (folder.path() / name).string(); };
  std::ofstream(path("in")) << in;
  child_options start;
  start.command = command;
  start.in = path("in");
  start.out = path("out");
  start.err = path("err");
  child running(start);
  auto code = running.wait(timeout);
  return {code.value_or(timed_out), text_of_file(start.out), text_of_file(start.err)};
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool lives(pid_t pid) {
  auto letter = state_of(pid).letter;
  return letter != 'X' && letter != 'Z';
}

running_node::running_node(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  restart();
}

void running_node::restart() {
  process_.reset();
  process_.emplace(node_process_options{troupe_program(), folder(), "127.0.0.1:0", arguments_, false});
}

command_result running_node::troupe(std::vector<std::string> arguments, const std::string& in) {
  arguments.insert(arguments.begin(), {troupe_program(), "--node", address()});
  return run_program(arguments, in);
}

void running_node::deploy(const std::string& name, const std::string& model, int replicas) {
  auto done = troupe({"deploy", name, model_folder_of(model), "--replicas", std::to_string(replicas)});
  BOOST_REQUIRE_MESSAGE(done.code == 0, "deploy " << model << ": " << done.err << process_->log());
}

std::vector<pid_t> running_node::ready_pids(const std::string& name) {
  auto told = told_as_json(troupe({"status", name, "-o", "json"}));
  std::vector<pid_t> pids;
  for (const auto& deployment : told["deployments"])
    for (const auto& version : deployment["versions"])
      for (const auto& replica : version["replicas"])
        if (version["state"] == "live" && replica["state"] == "ready")
          pids.push_back(replica["pid"]);
  return pids;
}

pid_t running_node::template_pid(const std::string& name) {
  auto told = told_as_json(troupe({"events", name, "-o", "json"}));
  pid_t pid = 0;
  for (const auto& event : told["events"])
    if (event["name"] == "version_loaded")
      pid = std::stoi(event["fields"]["pid"].get<std::string>());
  return pid;
}

std::string running_node::events(const std::string& name) {
  return troupe({"events", name}).out;
}

std::vector<pid_t> running_node::descendants() const {
  std::vector<pid_t> found;
  for (auto pid : all_pids()) {
    auto parent = state_of(pid).parent;
    if (parent == process_->pid() || (parent > 1 && state_of(parent).parent == process_->pid()))
      found.push_back(pid);
  }
  return found;
}

std::uint64_t running_node::resident_bytes() const {
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/" + std::to_string(process_->pid()) + "/statm") >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace troupe::test
