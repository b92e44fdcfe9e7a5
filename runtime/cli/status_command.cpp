#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/status_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

void status(const command_context& context, const std::string& name) {
  client node(context.node);
  auto call = node.control().statusRequest();
  call.setName(name);
  auto answer = node.wait(call.send());
  require_ok(answer.getError());
  if (context.format == output_format::json)
    return print_json(context, status_json(answer));
  auto now_unix_ns = context.io.time.wall_now().time_since_epoch().count();
  context.io.out << status_text(answer, !name.empty(), now_unix_ns, context.io.colors());
}

} // namespace

void add_status(CLI::App& app, const command_context& context) {
  auto name = std::make_shared<std::string>();
  auto verb = app.add_subcommand("status", "Shows the node and its deployments, or one of them in full");
  verb->add_option("NAME", *name, "Only this deployment, with all its versions and replicas");
  verb->footer("Example:\n  troupe status digits");
  verb->callback([&context, name] { status(context, *name); });
}

} // namespace troupe
