#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct drain_options {
  std::string name;
  bool undo = false;
};

void drain(const command_context& context, const drain_options& options) {
  client node(context.target());
  auto call = node.control().drainNodeRequest();
  call.setNode(options.name);
  call.setUndo(options.undo);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::json)
    print_json(context, {{"node", options.name}, {"draining", !options.undo}});
  else if (options.undo)
    context.io.out << options.name << ": may have work again\n";
  else
    context.io.out << options.name
                   << ": its work moves to other nodes, as far as they have room; `troupe nodes --watch` tells how far it is, "
                      "`troupe status` what finds no place\n";
}

} // namespace

void add_drain(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<drain_options>();
  auto verb = app.add_subcommand("drain", "Moves a node's work to the others, so that it can be stopped");
  verb->add_option("NODE", options->name, "The node: its name, or the first digits of its id, 4 or more")->required();
  verb->add_flag("--undo", options->undo, "Lets it have work again");
  verb->footer("Example:\n  troupe drain node-2\n  troupe drain node-2 --undo");
  verb->callback([&context, options] { drain(context, *options); });
}

} // namespace troupe
