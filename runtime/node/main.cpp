#include "runtime/base/clock.hpp"
#include "runtime/cli/run_cli.hpp"
#include "runtime/node/node.hpp"
#include "runtime/node/restore_data_folder.hpp"

int main(int argc, char** argv) {
  troupe::real_clock time;
  troupe::local_work work;
  work.run_node = [](const troupe::node_arguments& arguments) { return troupe::run_node(arguments.options); };
  work.restore = [&time](const auto& arguments, const auto& on_progress) {
    return troupe::restore_data_folder(arguments, on_progress, time);
  };
  return troupe::run_cli(argc, argv, troupe::process_console(time), work);
}
