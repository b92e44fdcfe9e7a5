#include "cluster/certificates.hpp"
#include "cluster/join_client.hpp"
#include "cluster/join_token.hpp"
#include "cluster/member_check.hpp"
#include "cluster/private_key.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/login_files.hpp"
#include "runtime/cli/reachable_address.hpp"
#include "runtime/cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct login_options {
  std::string address;
  std::string token;
  std::string name;
};

/// A node lets somebody in, or says why not.
user_joined enrol(const command_context& context, const login_options& options, const private_key& key) {
  auto token = require(parse_join_token(options.token), exit_code::bad_usage);
  auto name = options.name.empty() ? user_name() : options.name;
  require_done(check_user_name(name), exit_code::bad_usage);
  client_loop loop;
  join_seed seed{options.address, token.cluster_id, token.authority_sha256};
  auto joined = join_as_user(loop.provider(), context.io.time, seed, {token.secret, name, key.public_key()}).wait(loop.scope());
  if (!joined && joined.failure().code == error_code::unavailable)
    throw command_failure(exit_code::no_node, printable(joined.failure().message) + "; a login goes to a node's cluster port");
  return require(std::move(joined), exit_code::failed);
}

login login_from(const user_joined& joined, const std::string& asked, const private_key& key) {
  login made;
  made.node = reachable_address(joined.listen, asked);
  made.http = reachable_address(joined.http, asked);
  made.cluster = joined.given.cluster_id;
  made.identity = {joined.given.authority_pem, joined.given.certificate_pem, key.pem()};
  return made;
}

void tell(const command_context& context, const login& made, const user_joined& joined, const std::string& folder) {
  auto facts = require(facts_of(made.identity.certificate), exit_code::failed);
  auto user = user_of(facts.common_name).value_or(cluster_user{});
  if (context.format == output_format::json)
    return print_json(context, {{"name", user.name},
                                {"role", to_string(user.role)},
                                {"cluster", made.cluster},
                                {"node", made.node},
                                {"http", made.http},
                                {"folder", folder},
                                {"expires_unix_ns", facts.not_after.time_since_epoch().count()}});
  context.io.out << "logged in to cluster " << made.cluster.substr(0, 8) << " as " << printable(user.name) << ", "
                 << to_string(user.role) << ", until " << end_text(facts.not_after) << "; the key is in " << printable(folder)
                 << "\n";
  if (made.node.empty())
    context.io.err << "warning: only its own machine reaches that node's clients' address, " << printable(joined.listen)
                   << "; start it with --listen 0.0.0.0:7550, or name another node with --node\n";
  else
    context.io.out << "commands ask " << printable(made.node) << " from now on\n";
}

void log_in(const command_context& context, const login_options& options) {
  require_done(listen_address_from(options.address), exit_code::bad_usage);
  require_done(parse_join_token(options.token), exit_code::bad_usage);
  auto folder = login_folder();
  auto key = require(private_key::from_pem(require(begin_login(folder), exit_code::failed)), exit_code::failed);
  auto joined = enrol(context, options, key);
  auto made = login_from(joined, options.address, key);
  require_done(finish_login(folder, made), exit_code::failed);
  tell(context, made, joined, folder);
}

} // namespace

void add_login(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<login_options>();
  auto verb = app.add_subcommand("login", "Gets you a certificate of a cluster, by which its nodes know you from then on");
  verb->add_option("ADDRESS", options->address, "A node's cluster port")->required()->type_name("HOST:PORT");
  verb->add_option("--token", options->token, "What `troupe token create --role admin` (or client) gave")
      ->type_name("TOKEN")
      ->envname("TROUPE_TOKEN")
      ->required();
  verb->add_option("--name", options->name, "Your name there (default: on this machine)")->type_name("NAME");
  verb->footer("Key and certificate are kept in $XDG_CONFIG_HOME/troupe, or ~/.config/troupe; the key never leaves the machine. "
               "Its config.toml\n"
               "names the node that commands ask; --node and TROUPE_NODE go before it.\n\n"
               "Example:\n  troupe login 10.0.0.1:7551 --token trp_…");
  verb->callback([&context, options] { log_in(context, *options); });
}

} // namespace troupe
