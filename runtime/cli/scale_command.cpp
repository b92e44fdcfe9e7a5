#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct scale_options {
  std::string name;
  std::uint32_t replicas = 0;
};

void scale(const command_context& context, const scale_options& options) {
  client node(context.target());
  auto call = node.control().scaleRequest();
  call.setName(options.name);
  call.setReplicas(options.replicas);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::json)
    print_json(context, {{"deployment", options.name}, {"replicas", options.replicas}});
  else
    context.io.out << options.name << ": " << options.replicas << (options.replicas == 1 ? " replica" : " replicas")
                   << " wanted\n";
}

} // namespace

void add_scale(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<scale_options>();
  auto verb = app.add_subcommand("scale", "Changes how many replicas a deployment has");
  verb->add_option("NAME", options->name, "The deployment")->required();
  verb->add_option("N", options->replicas, "Replicas wanted; 0 keeps the deployment but serves nothing")->required();
  verb->footer("Example:\n  troupe scale digits 4");
  verb->callback([&context, options] { scale(context, *options); });
}

} // namespace troupe
