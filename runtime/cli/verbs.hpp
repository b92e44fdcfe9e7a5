#pragma once

#include "runtime/cli/console.hpp"
#include "runtime/cli/node_target.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace CLI {
class App;
}

namespace troupe {

enum class output_format { table, json };

/// What every verb that talks to a node is given. The options hold once the command line is parsed.
struct command_context {
  const console& io;
  std::string node; ///< "": none was named
  output_format format = output_format::table;

  /// The node that is meant: the one that was named, else that of the user's login, else this machine's; and who the user is to it. Warns if the user's
  /// certificate ends soon; ends the command where it has ended, or the login is damaged.
  node_target target() const;
  /// The same where it speaks HTTP; `named` "": none was.
  node_target http_target(const std::string& named) const;
};

/// Each adds one verb: its options, its help, and what it does once parsing has chosen it. A verb ends by returning or by
/// command_failure. `context` must outlive the parsing.
void add_apply(CLI::App& app, const command_context& context);
void add_backup(CLI::App& app, const command_context& context);
void add_bench(CLI::App& app, const command_context& context);
void add_check(CLI::App& app, const command_context& context);
/// `troupe completion`, and the hidden verb that its scripts ask. `app` must outlive the parsing.
void add_completion(CLI::App& app, const command_context& context);
void add_deploy(CLI::App& app, const command_context& context);
void add_doctor(CLI::App& app, const command_context& context);
void add_drain(CLI::App& app, const command_context& context);
void add_events(CLI::App& app, const command_context& context);
void add_feedback(CLI::App& app, const command_context& context);
void add_history(CLI::App& app, const command_context& context);
void add_infer(CLI::App& app, const command_context& context);
void add_init(CLI::App& app, const command_context& context);
void add_log_level(CLI::App& app, const command_context& context);
void add_login(CLI::App& app, const command_context& context);
void add_logout(CLI::App& app, const command_context& context);
void add_nodes(CLI::App& app, const command_context& context);
void add_remove(CLI::App& app, const command_context& context);
void add_rollback(CLI::App& app, const command_context& context);
void add_rollout(CLI::App& app, const command_context& context);
void add_scale(CLI::App& app, const command_context& context);
void add_status(CLI::App& app, const command_context& context);
void add_token(CLI::App& app, const command_context& context);
void add_tree(CLI::App& app, const command_context& context);
void add_undeploy(CLI::App& app, const command_context& context);
void add_user(CLI::App& app, const command_context& context);
void add_versions(CLI::App& app, const command_context& context);

/// Prints a verb's result for programs.
void print_json(const command_context& context, const nlohmann::ordered_json& value);
/// One of many results: a line each, out at once.
void print_json_line(const command_context& context, const nlohmann::ordered_json& value);

} // namespace troupe
