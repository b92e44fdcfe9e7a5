#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

void undeploy(const command_context& context, const std::string& name) {
  client node(context.target());
  auto call = node.control().undeployRequest();
  call.setName(name);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::json)
    print_json(context, {{"deployment", name}, {"undeployed", true}});
  else
    context.io.out << name << ": undeployed; its hosts stop after their last batch\n";
}

} // namespace

void add_undeploy(CLI::App& app, const command_context& context) {
  auto name = std::make_shared<std::string>();
  auto verb = app.add_subcommand("undeploy", "Removes a deployment with all its versions");
  verb->add_option("NAME", *name, "The deployment")->required();
  verb->footer("Example:\n  troupe undeploy digits");
  verb->callback([&context, name] { undeploy(context, *name); });
}

} // namespace troupe
