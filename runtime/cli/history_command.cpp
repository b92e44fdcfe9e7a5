#include "runtime/cli/client.hpp"
#include "runtime/cli/history_view.hpp"
#include "runtime/cli/status_question.hpp"
#include "runtime/cli/status_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

void history(const command_context& context, const std::string& name) {
  client node(context.target());
  auto answer = ask_status(node, name);
  for (auto deployment : answer.getDeployments())
    if (context.format == output_format::json)
      print_json(context, history_json(deployment));
    else
      context.io.out << away_text(answer.getNode()) << history_text(deployment, context.io.colors());
}

} // namespace

void add_history(CLI::App& app, const command_context& context) {
  auto name = std::make_shared<std::string>();
  auto verb = app.add_subcommand("history", "Shows what became of a deployment's versions, when, by whom and why; newest last");
  verb->add_option("NAME", *name, "The deployment")->required();
  verb->footer(
      "WHO: who wanted it; \"-\" if nobody did and it came about by itself. Of each version the last 64 moves are kept.\n\n"
      "Example:\n  troupe history digits");
  verb->callback([&context, name] { history(context, *name); });
}

} // namespace troupe
