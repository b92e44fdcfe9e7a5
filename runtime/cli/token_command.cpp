#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/token_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct token_options {
  std::string action;
  std::string id;
  std::string lifetime = "1h";
  std::uint32_t uses = 1;
  std::string role = "node";
  bool of_new_one = false; ///< one of the three was given
};

std::int64_t now_of(const command_context& context) {
  return context.io.time.wall_now().time_since_epoch().count();
}

/// Of the node that is asked; empty if it doesn't tell.
std::string cluster_address(client& node) {
  auto known = node.ask(node.control().nodesRequest());
  for (auto each : known.getNodes())
    if (each.getIsSelf())
      return printable(text_of(each.getAddress()));
  return {};
}

void create(const command_context& context, const token_options& options) {
  auto lifetime = require(parse_duration(options.lifetime), exit_code::bad_usage);
  client node(context.target());
  auto call = node.control().createTokenRequest();
  call.setRole(options.role);
  call.setLifetimeUs(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(lifetime).count()));
  call.setUses(options.uses);
  auto made = node.ask(kj::mv(call));
  require_ok(made.getError());
  auto token = text_of(made.getToken());
  auto command = join_line(options.role, cluster_address(node), token);
  if (context.format == output_format::json)
    return print_json(context, {{"token", token},
                                {"id", text_of(made.getId())},
                                {"role", options.role},
                                {"expires_unix_ns", made.getExpiresUnixNs()},
                                {"command", command}});
  context.io.out << printable(token) << "\n";
  context.io.err << "good for " << human_duration(lifetime) << " and "
                 << (options.uses == 1 ? "one use" : std::to_string(options.uses) + " uses")
                 << "; whoever has it can join. Use it by\n  " << printable(command) << "\n";
}

void list(const command_context& context) {
  client node(context.target());
  auto answer = node.ask(node.control().listTokensRequest());
  require_ok(answer.getError());
  if (context.format == output_format::json)
    print_json(context, tokens_json(answer));
  else
    context.io.out << tokens_text(answer, now_of(context), context.io.colors());
}

void revoke(const command_context& context, const token_options& options) {
  if (options.id.empty())
    throw command_failure(exit_code::bad_usage, "which token? `troupe token list` names them");
  client node(context.target());
  auto call = node.control().revokeTokenRequest();
  call.setId(options.id);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::json)
    print_json(context, {{"id", options.id}, {"revoked", true}});
  else
    context.io.out << "nobody can join by it any more; who has joined stays\n";
}

void token(const command_context& context, const token_options& options) {
  if (options.action != "revoke" && !options.id.empty())
    throw command_failure(exit_code::bad_usage, "only `troupe token revoke` takes the id of a token");
  if (options.action != "create" && options.of_new_one)
    throw command_failure(exit_code::bad_usage, "only `troupe token create` takes --ttl, --uses and --role");
  if (options.action == "create")
    create(context, options);
  else if (options.action == "list")
    list(context);
  else
    revoke(context, options);
}

} // namespace

void add_token(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<token_options>();
  auto verb = app.add_subcommand("token", "Makes, lists and revokes the tokens by which nodes and people join");
  verb->add_option("ACTION", options->action, "create, list or revoke")
      ->required()
      ->check(CLI::IsMember({"create", "list", "revoke"}).description(""));
  verb->add_option("ID", options->id, "With revoke: the token's id, or its first digits, 4 or more");
  auto ttl = verb->add_option("--ttl", options->lifetime, "With create: how long it is good")
                 ->type_name("DURATION")
                 ->capture_default_str();
  auto uses =
      verb->add_option("--uses", options->uses, "With create: how many may join by it")->type_name("N")->capture_default_str();
  auto role = verb->add_option("--role", options->role, "With create: who may join by it: a node, an admin or a client")
                  ->type_name("ROLE")
                  ->check(CLI::IsMember({"node", "admin", "client"}).description(""))
                  ->capture_default_str();
  verb->footer("A token is a secret; it is shown once. An admin may do everything, a client only ask models.\n\n"
               "Example:\n  troupe token create\n  troupe token create --role client --ttl 24h --uses 10\n"
               "  troupe token list\n  troupe token revoke 3f8a");
  verb->callback([&context, options, ttl, uses, role] {
    options->of_new_one = ttl->count() + uses->count() + role->count() > 0;
    token(context, *options);
  });
}

} // namespace troupe
