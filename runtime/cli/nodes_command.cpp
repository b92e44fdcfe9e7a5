#include "runtime/cli/client.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/nodes_view.hpp"
#include "runtime/cli/screen.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct nodes_options {
  bool watch = false;
  std::string interval = "1s";
};

using nodes_answer = capnp::Response<schema::Control::NodesResults>;

nodes_answer ask_nodes(client& node) {
  auto answer = node.ask(node.control().nodesRequest());
  require_ok(answer.getError());
  return answer;
}

std::string text_of_nodes(const command_context& context, const nodes_answer& answer) {
  return nodes_text(answer, context.io.time.wall_now().time_since_epoch().count(), context.io.colors());
}

/// Until the node is lost, or Ctrl-C.
[[noreturn]] void watch_nodes(const command_context& context, const nodes_options& options) {
  auto interval = require(parse_duration(options.interval), exit_code::bad_usage);
  client node(context.target());
  screen view(context.io);
  for (;; node.pause(interval)) {
    auto answer = ask_nodes(node);
    if (context.format == output_format::json)
      print_json_line(context, nodes_json(answer));
    else
      view.show(text_of_nodes(context, answer));
  }
}

void nodes(const command_context& context, const nodes_options& options) {
  if (options.watch)
    watch_nodes(context, options);
  client node(context.target());
  auto answer = ask_nodes(node);
  if (context.format == output_format::json)
    print_json(context, nodes_json(answer));
  else
    context.io.out << text_of_nodes(context, answer);
}

} // namespace

void add_nodes(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<nodes_options>();
  auto verb = app.add_subcommand("nodes", "Shows the nodes of the cluster, as the node that is asked sees them");
  auto watch = verb->add_flag("--watch", options->watch, "Again and again, until Ctrl-C; json: an object a line");
  verb->add_option("--interval", options->interval, "Between two looks")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(watch);
  verb->footer("alive: serves. suspect: it doesn't answer just now, and gets nothing new. dead: silent for so long that its "
               "replicas are started elsewhere. draining: "
               "its work moves away (`troupe drain`). left: it was stopped, and comes back as it was.\n\n"
               "Example:\n  troupe nodes\n  troupe nodes --watch");
  verb->callback([&context, options] { nodes(context, *options); });
}

} // namespace troupe
