#include "examples/digits/demo/acts.hpp"
#include "examples/digits/demo/interrupt.hpp"
#include "examples/digits/demo/promises.hpp"
#include "examples/digits/demo/scenes.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/npy.hpp"

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

void say(const std::string& text) {
  std::cout << "== " << text << std::endl;
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

void print_next_steps(stage& on) {
  digit_set digits(on.digits(), demo_deployment);
  if (auto written = write_npy_file(on.folder() + "/image.npy", digits.image(0)); !written)
    throw command_failure(exit_code::failed, written.failure().message);
  auto troupe = std::filesystem::proximate(on.program()).string();
  auto pid = std::to_string(on.node().pid());
  std::cout << "\nThe node stays: pid " << pid << ", log " << on.folder() << "/node.log\n\nTry next:\n"
            << "  export TROUPE_NODE=" << on.node().address() << "        or --node " << on.node().address()
            << " with each command\n"
            << "  " << troupe << " status digits\n"
            << "  " << troupe << " versions digits\n"
            << "  " << troupe << " rollback digits --to 2\n"
            << "  " << troupe << " infer digits --npy " << on.folder() << "/image.npy\n"
            << "  " << troupe << " infer digits --npy " << on.folder() << "/image.npy --repeat 20000 --concurrency 64\n"
            << "  " << troupe << " scale digits 4\n"
            << "  " << troupe << " events digits\n"
            << "  " << troupe << " tree\n\nStop it and remove what it kept:\n"
            << "  kill " << pid << " && tail --pid=" << pid << " -f /dev/null; rm -r " << on.folder() << "\n";
  on.release_node();
}

int run(stage& on, bool keep) {
  promises list;
  say("start a node in " + on.folder());
  auto begun = std::chrono::steady_clock::now();
  on.start_node();
  list.note("node start, until it served", human_duration(elapsed_since(begun)));
  play(on, list);
  if (!keep) {
    say("stop the node");
    auto code = on.stop_node();
    list.check("exit code of the node, asked to stop", code ? std::to_string(*code) : "none", "0", code == 0);
  }
  std::cout << "\n" << list.render(::isatty(STDOUT_FILENO) == 1) << std::flush;
  if (!list.all_kept())
    std::cout << "\nA promise is broken. The node's log:\n" << on.node().log();
  if (keep)
    print_next_steps(on);
  return list.all_kept() ? 0 : 1;
}

int demo(bool keep) {
  quiet_kj quiet;
  auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "troupe";
  stage on(program.string(), TROUPE_DIGITS_FOLDER, make_folder(), keep);
  auto remove_folder = [folder = on.folder()] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  };
  on_interrupt([node = on.pid(), remove_folder] {
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
  (help ? std::cout : std::cerr)
      << "usage: troupe-demo [--keep]\n"
         "Serves the digits, loses a model host and the node, gets a better model, is refused a bad one, goes back;\n"
         "and checks what Troupe promises.\n"
         "--keep leaves the node running and says what to try next.\n";
  return help ? 0 : 2;
}
