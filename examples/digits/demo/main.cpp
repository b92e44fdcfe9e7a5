#include "examples/digits/demo/interrupt.hpp"
#include "examples/digits/demo/node_process.hpp"
#include "examples/digits/demo/promises.hpp"
#include "examples/digits/demo/scenes.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/npy.hpp"

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <unistd.h>

/// The demo: a new user's first look at Troupe, and a check of what it promises.
namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr double accuracy_promised = 0.98;
constexpr auto recovery_promised = 1s;
constexpr auto deploy_timeout = 120s;

struct stage {
  std::string program;                                                                ///< path of `troupe`
  std::string digits;                                                                 ///< path of examples/digits
  std::string folder;                                                                 ///< temporary
  std::shared_ptr<std::atomic<pid_t>> node = std::make_shared<std::atomic<pid_t>>(0); ///< who ends with us; 0: nobody
};

void say(const std::string& text) {
  std::cout << "== " << text << std::endl;
}

std::string percent(std::uint64_t part, std::uint64_t of) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", of == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of));
  return text;
}

std::chrono::nanoseconds elapsed_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::steady_clock::now() - begun;
}

std::string make_folder() {
  auto name = (std::filesystem::temp_directory_path() / "troupe-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw command_failure(exit_code::failed, "can't make a folder in " + std::filesystem::temp_directory_path().string()
                                                 + "; set TMPDIR to a writable one");
  return name;
}

/// As a user would, by the command line.
void deploy(const stage& on, const node_process& node) {
  child_options start;
  start.command = {on.program,      "--node",           node.address(), "deploy",
                   demo_deployment, on.digits + "/cnn", "--replicas",   std::to_string(demo_replicas)};
  start.out = start.err = on.folder + "/deploy.log";
  child deploying(start);
  if (deploying.wait(deploy_timeout) != 0)
    throw command_failure(exit_code::failed,
                          "the model could not be deployed:\n" + text_of_file(start.err) + "The node's log:\n" + node.log());
}

void add_test_set(promises& list, const digit_set& digits, const test_report& report) {
  list.check("test images answered", std::to_string(report.load.answered) + " of " + std::to_string(digits.size()), "all",
             report.load.answered == digits.size());
  list.check("of them right", percent(report.right, digits.size()), "≥ 98 %",
             static_cast<double>(report.right) >= accuracy_promised * static_cast<double>(digits.size()));
}

void add_load(promises& list, const load_report& report) {
  list.note("requests a second", std::to_string(std::llround(report.requests_per_second())));
  list.note("p50", human_duration(report.latency.p50));
  list.note("p99", human_duration(report.latency.p99));
  list.check("requests that failed", std::to_string(report.failed) + " of " + std::to_string(report.answered + report.failed),
             "0", report.failed == 0 && report.answered > 0);
}

void add_kill(promises& list, const kill_report& report) {
  const auto& load = report.load;
  list.check("kill -9 of a host: requests that failed",
             std::to_string(load.failed) + " of " + std::to_string(load.answered + load.failed), "0",
             load.failed == 0 && load.answered > 0);
  list.check("until both replicas served again", human_duration(report.until_whole), "≤ 1 s",
             report.until_whole <= recovery_promised);
  list.note("p99 meanwhile", human_duration(load.latency.p99));
  list.note("slowest meanwhile", human_duration(load.latency.max));
}

void play(const stage& on, const node_process& process, promises& list) {
  auto begun = std::chrono::steady_clock::now();
  say("deploy examples/digits/cnn with " + std::to_string(demo_replicas) + " replicas");
  deploy(on, process);
  list.note("deploy, until both replicas served", human_duration(elapsed_since(begun)));

  digit_set digits(on.digits, demo_deployment);
  client node(process.address());
  say("send the whole test set, " + std::to_string(digits.size()) + " images, through Cap'n Proto");
  add_test_set(list, digits, ask_all(node, digits));
  say("load: " + std::to_string(demo_concurrency) + " requests in flight for " + human_duration(demo_load_time));
  add_load(list, put_under_load(node, digits));
  say("the same load, and kill -9 for one of the two model hosts");
  add_kill(list, kill_under_load(node, digits));
}

void print_next_steps(const stage& on, node_process& node) {
  digit_set digits(on.digits, demo_deployment);
  if (auto written = write_npy_file(on.folder + "/image.npy", digits.image(0)); !written)
    throw command_failure(exit_code::failed, written.failure().message);
  auto troupe = std::filesystem::proximate(on.program).string();
  auto examples = std::filesystem::proximate(on.digits).string();
  std::cout << "\nThe node stays: pid " << node.pid() << ", log " << on.folder << "/node.log\n\nTry next:\n"
            << "  export TROUPE_NODE=" << node.address() << "        or --node " << node.address() << " with each command\n"
            << "  " << troupe << " status digits\n"
            << "  " << troupe << " infer digits --npy " << on.folder << "/image.npy\n"
            << "  " << troupe << " infer digits --npy " << on.folder << "/image.npy --repeat 20000 --concurrency 64\n"
            << "  " << troupe << " scale digits 4\n"
            << "  " << troupe << " deploy digits " << examples << "/linear\n"
            << "  " << troupe << " events digits\n"
            << "  " << troupe << " tree\n\nStop it and remove what it kept:\n"
            << "  kill " << node.pid() << " && sleep 1; rm -r " << on.folder << "\n";
  *on.node = 0;
  node.release();
}

int run(const stage& on, bool keep) {
  promises list;
  say("start a node in " + on.folder);
  auto begun = std::chrono::steady_clock::now();
  node_process node({on.program, on.folder, "127.0.0.1:0", {}, keep});
  *on.node = node.pid();
  list.note("node start, until it served", human_duration(elapsed_since(begun)));
  play(on, node, list);
  if (!keep) {
    say("stop the node");
    auto code = node.stop();
    *on.node = 0;
    list.check("exit code of the node, asked to stop", code ? std::to_string(*code) : "none", "0", code == 0);
  }
  std::cout << "\n" << list.render(::isatty(STDOUT_FILENO) == 1) << std::flush;
  if (!list.all_kept())
    std::cout << "\nA promise is broken. The node's log:\n" << node.log();
  if (keep)
    print_next_steps(on, node);
  return list.all_kept() ? 0 : 1;
}

int demo(bool keep) {
  quiet_kj quiet;
  auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "troupe";
  stage on{program.string(), TROUPE_DIGITS_FOLDER, make_folder()};
  auto remove_folder = [folder = on.folder] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  };
  on_interrupt([node = on.node, remove_folder] {
    if (auto pid = node->load(); pid > 0)
      ::kill(pid, SIGKILL);
    remove_folder();
  });
  int code = 1;
  try {
    code = run(on, keep);
  } catch (const std::exception& failure) {
    std::cerr << "error: " << failure.what() << "\n";
    keep = false;
  }
  if (!keep)
    remove_folder();
  return code;
}

} // namespace

} // namespace troupe

int main(int argc, char** argv) {
  std::string option = argc == 2 ? argv[1] : "";
  if (argc == 1 || option == "--keep")
    return troupe::demo(option == "--keep");
  bool help = option == "--help" || option == "-h";
  (help ? std::cout : std::cerr) << "usage: troupe-demo [--keep]\n"
                                    "Serves the digits model, loses a model host under load, and checks what Troupe promises.\n"
                                    "--keep leaves the node running and says what to try next.\n";
  return help ? 0 : 2;
}
