#include "examples/digits/demo/acts.hpp"
#include "examples/digits/demo/cluster_acts.hpp"
#include "examples/digits/demo/interrupt.hpp"
#include "examples/digits/demo/promises.hpp"
#include "examples/digits/demo/scenes.hpp"
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
  std::string pids;
  for (std::size_t number = 1; number <= first_nodes; ++number)
    pids += (number == 1 ? "" : " ") + std::to_string(on.node(number).pid());
  auto address = on.node(entry_node).address();
  std::cout << "\nThe nodes stay: pids " << pids << ", logs " << on.folder() << "/n*/node.log\n\nTry next:\n"
            << "  export TROUPE_NODE=" << address << "        or --node " << address << " with each command; any node will do\n"
            << "  " << troupe << " nodes\n"
            << "  " << troupe << " status digits\n"
            << "  " << troupe << " versions digits\n"
            << "  " << troupe << " rollback digits --to 2\n"
            << "  " << troupe << " infer digits --npy " << on.folder() << "/image.npy\n"
            << "  " << troupe << " infer digits --npy " << on.folder() << "/image.npy --repeat 20000 --concurrency 64\n"
            << "  " << troupe << " scale digits 4\n"
            << "  " << troupe << " drain n3\n"
            << "  " << troupe << " events digits\n"
            << "  " << troupe << " tree\n\nStop them and remove what they kept:\n"
            << "  kill " << pids << "; for pid in " << pids << "; do tail --pid=$pid -f /dev/null; done; rm -r " << on.folder()
            << "\n";
  on.release_nodes();
}

void stop_all(stage& on, promises& list) {
  say("stop the nodes");
  std::size_t well = 0;
  for (auto number = first_nodes; number >= 1; --number)
    well += on.stop_node(number) == 0 ? 1 : 0;
  list.check("nodes that ended well, asked to stop", std::to_string(well) + " of " + std::to_string(first_nodes), "all",
             well == first_nodes);
}

void print_logs(stage& on) {
  std::cout << "\nA promise is broken. The nodes' logs:\n";
  for (std::size_t number = 1; number <= first_nodes; ++number)
    std::cout << "-- " << stage::name_of(number) << "\n" << on.node(number).log();
}

int run(stage& on, bool keep) {
  promises list;
  play(on, list);
  if (!keep)
    stop_all(on, list);
  std::cout << "\n" << list.render(::isatty(STDOUT_FILENO) == 1) << std::flush;
  if (!list.all_kept())
    print_logs(on);
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
  on_interrupt([nodes = on.pids(), remove_folder] {
    for (const auto& each : *nodes)
      if (auto pid = each.load(); pid > 0)
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
         "A cluster of three nodes serves the digits, loses a model host and a node, freezes one, grows, shrinks, is\n"
         "without its leader, gets a better model, is refused a bad one, goes back; and checks what Troupe promises.\n"
         "--keep leaves the nodes running and says what to try next.\n";
  return help ? 0 : 2;
}
