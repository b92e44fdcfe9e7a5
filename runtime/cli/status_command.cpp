#include "runtime/cli/client.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/screen.hpp"
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

struct status_options {
  std::string name;
  bool watch = false;
  std::string interval = "1s";
};

std::string text_of_status(const command_context& context, const status_answer& answer, bool in_full) {
  auto now_unix_ns = context.io.time.wall_now().time_since_epoch().count();
  return status_text(answer, in_full, now_unix_ns, context.io.colors());
}

/// Until the node is lost, or Ctrl-C.
[[noreturn]] void watch_status(const command_context& context, const status_options& options) {
  auto interval = require(parse_duration(options.interval), exit_code::bad_usage);
  client node(context.target());
  screen view(context.io);
  for (;; node.pause(interval)) {
    auto answer = ask_status(node, options.name);
    if (context.format == output_format::json)
      print_json_line(context, status_json(answer));
    else
      view.show(text_of_status(context, answer, !options.name.empty()));
  }
}

void status(const command_context& context, const status_options& options) {
  if (options.watch)
    watch_status(context, options);
  client node(context.target());
  auto answer = ask_status(node, options.name);
  if (context.format == output_format::json)
    print_json(context, status_json(answer));
  else
    context.io.out << text_of_status(context, answer, !options.name.empty());
}

} // namespace

void add_status(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<status_options>();
  auto verb = app.add_subcommand("status", "Shows the node and its deployments, or one of them in full");
  verb->add_option("NAME", options->name, "Only this deployment, with all its versions and replicas");
  auto watch = verb->add_flag("--watch", options->watch, "Again and again, until Ctrl-C; json: an object a line");
  verb->add_option("--interval", options->interval, "Between two looks")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(watch);
  verb->footer("Example:\n  troupe status\n  troupe status digits --watch");
  verb->callback([&context, options] { status(context, *options); });
}

} // namespace troupe
