#include "runtime/base/clock.hpp"
#include "runtime/cli/run_cli.hpp"
#include "runtime/node/node.hpp"

int main(int argc, char** argv) {
  troupe::real_clock time;
  return troupe::run_cli(argc, argv, troupe::process_console(time),
                         [](const troupe::node_arguments& arguments) { return troupe::run_node(arguments.options); });
}
