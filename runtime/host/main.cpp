#include "runtime/host/exit_code.hpp"
#include "runtime/host/inspect.hpp"
#include "runtime/host/template.hpp"
#include "runtime/host/torch_runtime.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <unistd.h>

namespace {

constexpr const char* usage = R"(troupe-host runs models for a troupe node, which starts it by itself.
  troupe-host --template --socket FD --node-pid PID   serve a node over the SOCK_SEQPACKET FD
  troupe-host --inspect MODEL.pt [--run]              what the model takes, gives and calls, as JSON; --run: with inputs from stdin
  troupe-host --version                               versions of troupe, libtorch and its BLAS
Exit codes: 0 the node is done, 2 wrong usage, 3 the node is gone, 4 unknown message, 5 a model that didn't load or run, 6 a replica that
didn't start.
)";

/// "--name value" pairs after the first argument; empty if something else is there.
std::map<std::string, int> numbers(int argc, char** argv) {
  std::map<std::string, int> found;
  for (int i = 2; i + 1 < argc; i += 2)
    found[argv[i]] = std::atoi(argv[i + 1]);
  return found;
}

/// One thread, as in a node's template: libtorch's libraries look only while they are loaded.
void restart_with_one_thread(char** argv) {
  auto threads = std::getenv("OMP_NUM_THREADS");
  auto blas_threads = std::getenv("OPENBLAS_NUM_THREADS");
  if (threads != nullptr && blas_threads != nullptr && std::string(threads) + blas_threads == "11")
    return;
  ::setenv("OMP_NUM_THREADS", "1", 1);
  ::setenv("OPENBLAS_NUM_THREADS", "1", 1);
  ::execv("/proc/self/exe", argv);
}

} // namespace

int main(int argc, char** argv) {
  std::string mode = argc > 1 ? argv[1] : "";
  auto options = numbers(argc, argv);
  if (mode == "--version") {
    std::printf("troupe-host %s, %s\n", TROUPE_VERSION, troupe::torch_version().c_str());
    return troupe::finished;
  }
  if (mode == "--template" && argc == 6 && options["--socket"] > 0 && options["--node-pid"] > 0)
    return troupe::run_template(troupe::unique_fd(options["--socket"]), options["--node-pid"]);
  if (mode == "--inspect" && (argc == 3 || (argc == 4 && std::string(argv[3]) == "--run"))) {
    restart_with_one_thread(argv);
    return troupe::run_inspection(argv[2], argc == 4);
  }
  std::fputs(usage, mode == "--help" ? stdout : stderr);
  return mode == "--help" ? troupe::finished : troupe::bad_usage;
}
