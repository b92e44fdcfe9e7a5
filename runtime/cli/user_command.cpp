#include "runtime/base/printable.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/user_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct user_options {
  std::string what;
  std::string name;
};

void list(const command_context& context) {
  client node(context.target());
  auto answer = node.ask(node.control().listUsersRequest());
  require_ok(answer.getError());
  if (context.format == output_format::json)
    print_json(context, users_json(answer));
  else if (answer.getUsers().size() == 0)
    context.io.out << "nobody has logged in; `troupe token create --role client` makes a token for somebody\n";
  else
    context.io.out << users_text(answer, context.io.time.wall_now().time_since_epoch().count(), context.io.colors());
}

void revoke(const command_context& context, const user_options& options) {
  if (options.name.empty())
    throw command_failure(exit_code::bad_usage, "which user? `troupe user list` names them");
  client node(context.target());
  auto call = node.control().revokeUserRequest();
  call.setName(options.name);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::json)
    print_json(context, {{"name", options.name}, {"revoked", true}});
  else
    context.io.out << printable(options.name)
                   << ": no node lets him in any more, and his connections end; the tokens that he came by are revoked, too\n";
}

void user(const command_context& context, const user_options& options) {
  if (options.what == "revoke")
    return revoke(context, options);
  if (!options.name.empty())
    throw command_failure(exit_code::bad_usage, "only `troupe user revoke` takes a name");
  list(context);
}

} // namespace

void add_user(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<user_options>();
  auto verb = app.add_subcommand("user", "Lists those who have logged in to the cluster, and puts them out");
  verb->add_option("WHAT", options->what, "list or revoke")->required()->check(CLI::IsMember({"list", "revoke"}).description(""));
  verb->add_option("USER", options->name, "With revoke: whose certificates no node takes any more");
  verb->footer(
      "A node that can't be reached just now hears of it when it can. Who was put out may come back by another token.\n\n"
      "Example:\n  troupe user list\n  troupe user revoke anna");
  verb->callback([&context, options] { user(context, *options); });
}

} // namespace troupe
