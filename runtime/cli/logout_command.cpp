#include "runtime/base/printable.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/login_files.hpp"
#include "runtime/cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace troupe {

namespace {

void log_out(const command_context& context) {
  auto folder = login_folder();
  bool any = require(remove_login(folder), exit_code::failed);
  if (context.format == output_format::json)
    print_json(context, {{"logged_out", any}, {"folder", folder}});
  else
    context.io.out << (any ? "removed the key, the certificate and config.toml from " + printable(folder)
                           : "nobody was logged in")
                   << "\n";
}

} // namespace

void add_logout(CLI::App& app, const command_context& context) {
  auto verb = app.add_subcommand("logout", "Forgets what `troupe login` got, the key for good");
  verb->footer("Example:\n  troupe logout");
  verb->callback([&context] { log_out(context); });
}

} // namespace troupe
