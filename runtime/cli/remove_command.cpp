#include "runtime/base/printable.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <istream>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct remove_options {
  std::string name;
  bool yes = false;
};

/// Ends the command unless a person says yes.
void confirm(const console& io, const std::string& name) {
  io.err << "remove " << printable(name) << " from the cluster for ever? It can't come back but as a new node. [y/N] "
         << std::flush;
  std::string answer;
  if (!std::getline(io.in, answer))
    throw command_failure(exit_code::bad_usage, "nobody confirmed it; nothing was done. Where nobody can, add --yes");
  if (answer != "y" && answer != "yes")
    throw command_failure(exit_code::failed, "not confirmed; nothing was done");
}

void remove(const command_context& context, const remove_options& options) {
  if (!options.yes)
    confirm(context.io, options.name);
  client node(context.target());
  auto call = node.control().removeNodeRequest();
  call.setNode(options.name);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::json)
    print_json(context, {{"node", options.name}, {"removed", true}});
  else
    context.io.out << options.name << ": removed; no node of the cluster talks to it any more\n";
}

} // namespace

void add_remove(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<remove_options>();
  auto verb = app.add_subcommand("remove", "Puts a node out of the cluster, for ever");
  verb->add_option("NODE", options->name, "The node: its name, or the first digits of its id, 4 or more")->required();
  verb->add_flag("--yes", options->yes, "Doesn't ask");
  verb->footer("What the node runs is started elsewhere once the others see it gone: `troupe drain` first moves it without a "
               "gap. Then stop it: "
               "the others turn it away, but its own clients it would serve on.\n\n"
               "Example:\n  troupe remove node-2\n  troupe remove 3f8a --yes");
  verb->callback([&context, options] { remove(context, *options); });
}

} // namespace troupe
