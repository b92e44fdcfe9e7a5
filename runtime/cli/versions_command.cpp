#include "runtime/cli/client.hpp"
#include "runtime/cli/status_question.hpp"
#include "runtime/cli/status_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/versions_view.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

void versions(const command_context& context, const std::string& name) {
  client node(context.target());
  auto answer = ask_status(node, name);
  auto now = context.io.time.wall_now().time_since_epoch().count();
  auto seen_by = answer.getNode();
  for (auto deployment : answer.getDeployments())
    if (context.format == output_format::json)
      print_json(context, versions_json(deployment, seen_by));
    else
      context.io.out << away_text(seen_by) << versions_text(deployment, now, context.io.colors());
}

} // namespace

void add_versions(CLI::App& app, const command_context& context) {
  auto name = std::make_shared<std::string>();
  auto verb = app.add_subcommand("versions", "Shows a deployment's versions, newest first");
  verb->add_option("NAME", *name, "The deployment")->required();
  verb->footer("LIVE: since when it is, or for how long it was the last time. RESIDENT: its replicas are up, so that a rollback "
               "to it is one "
               "switch.\n\nExample:\n  troupe versions digits");
  verb->callback([&context, name] { versions(context, *name); });
}

} // namespace troupe
