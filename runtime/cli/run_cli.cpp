#include "runtime/cli/run_cli.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>

namespace troupe {

namespace {

constexpr const char* about = "Troupe serves machine-learning models on ordinary machines.";

constexpr const char* exit_codes_help = "Exit codes:\n"
                                        "    0  done\n"
                                        "    1  the operation failed: the node said no, or the model failed\n"
                                        "    2  bad usage: the command line, or a file that it names\n"
                                        "    3  no node answers there, or the connection was lost\n"
                                        "    4  not done in time\n"
                                        "  130  Ctrl-C ended the waiting\n\n"
                                        "Example:\n"
                                        "  troupe deploy digits examples/digits/cnn\n"
                                        "  troupe status digits -o json";

void add_global_options(CLI::App& app, command_context& context) {
  app.add_option("--node", context.node, "The node to talk to (default: as `troupe login` says, else 127.0.0.1:7550)")
      ->type_name("HOST:PORT")
      ->envname("TROUPE_NODE");
  auto set_format = [&context](const std::string& name) {
    context.format = name == "json" ? output_format::json : output_format::table;
  };
  app.add_option_function<std::string>("-o,--output", set_format, "table (default), for people; json, for programs")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json"}).description(""));
  app.set_version_flag("--version", "troupe " TROUPE_VERSION);
  app.require_subcommand(1);
  app.fallthrough(); // global options may stand behind the verb
  app.footer(exit_codes_help);
}

void add_verbs(CLI::App& app, const command_context& context, std::function<void(const node_arguments&)> on_node,
               const restore_runner& restore) {
  add_node(app, std::move(on_node));
  add_init(app, context);
  add_check(app, context);
  add_deploy(app, context);
  add_apply(app, context);
  add_infer(app, context);
  add_bench(app, context);
  add_status(app, context);
  add_versions(app, context);
  add_history(app, context);
  add_rollout(app, context);
  add_rollback(app, context);
  add_feedback(app, context);
  add_scale(app, context);
  add_undeploy(app, context);
  add_events(app, context);
  add_backup(app, context);
  add_restore(app, context, restore);
  add_tree(app, context);
  add_nodes(app, context);
  add_token(app, context);
  add_user(app, context);
  add_login(app, context);
  add_logout(app, context);
  add_drain(app, context);
  add_remove(app, context);
  add_log_level(app, context);
  add_doctor(app, context);
  add_completion(app, context);
}

/// Help and version go to stdout; everything else that CLI11 throws is about the command line. Without any arguments: the help.
exit_code on_parse_end(int argc, const CLI::App& app, const CLI::ParseError& end, const console& io) {
  if (end.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(end, io.out, io.err);
    return exit_code::ok;
  }
  auto chosen = app.get_subcommands();
  if (argc == 1) {
    io.err << "error: a command is needed\n\n" << app.help();
    return exit_code::bad_usage;
  }
  auto unknown = app.remaining();
  if (chosen.empty() && !unknown.empty())
    io.err << "error: there is no command '" << printable(unknown.front()) << "'\n";
  else
    io.err << "error: " << printable(end.what()) << "\n";
  io.err << "see `troupe " << (chosen.empty() ? "" : chosen.front()->get_name() + " ") << "--help`\n";
  return exit_code::bad_usage;
}

/// Parses; the chosen verb's callback runs within. Leaves `node` for the caller, who has no KJ of ours around it.
exit_code parse_and_run(int argc, const char* const* argv, const console& io, const local_work& work,
                        std::optional<node_arguments>& node) {
  quiet_kj quiet;
  CLI::App app(about, "troupe");
  command_context context{io, {}};
  add_global_options(app, context);
  add_verbs(app, context, [&](const node_arguments& arguments) { node = arguments; }, work.restore);
  try {
    app.parse(argc, argv);
    return exit_code::ok;
  } catch (const CLI::ParseError& end) {
    return on_parse_end(argc, app, end, io);
  } catch (const command_failure& failure) {
    io.err << "error: " << failure.what() << "\n";
    return failure.code();
  }
}

} // namespace

void print_json(const command_context& context, const nlohmann::ordered_json& value) {
  context.io.out << value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void print_json_line(const command_context& context, const nlohmann::ordered_json& value) {
  context.io.out << value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n" << std::flush;
}

program_outline cli_outline() {
  real_clock time;
  auto io = process_console(time);
  CLI::App app(about, "troupe");
  command_context context{io, {}};
  add_global_options(app, context);
  restore_runner no_restore;
  add_verbs(app, context, [](const node_arguments&) {}, no_restore);
  return outline_of(app);
}

int run_cli(int argc, const char* const* argv, const console& io, const local_work& work) {
  std::optional<node_arguments> node;
  auto code = parse_and_run(argc, argv, io, work, node);
  io.out.flush();
  return node ? work.run_node(*node) : static_cast<int>(code);
}

} // namespace troupe
