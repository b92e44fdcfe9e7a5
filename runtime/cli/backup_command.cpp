#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

/// A node needs as long as its models are large; the person can interrupt.
constexpr std::chrono::hours backup_timeout{6};

void backup(const command_context& context, const std::string& folder) {
  std::error_code failed;
  auto absolute = std::filesystem::absolute(folder, failed).lexically_normal().string();
  if (failed || folder.empty())
    throw command_failure(exit_code::bad_usage, "can't tell where '" + printable(folder) + "' is; name an absolute path");
  client node(context.target());
  auto call = node.control().backupRequest();
  call.setFolder(absolute);
  if (context.io.err_is_terminal)
    context.io.err << "the node writes " << printable(absolute) << " ...\n" << std::flush;
  auto answer = node.ask(kj::mv(call), backup_timeout);
  require_ok(answer.getError());
  auto report = answer.getReport();
  if (context.format == output_format::json)
    print_json(context, {{"folder", text_of(report.getFolder())}, {"files", report.getFiles()}, {"bytes", report.getBytes()}});
  else
    context.io.out << printable(text_of(report.getFolder())) << ": backup of " << human_size(report.getBytes()) << " in "
                   << report.getFiles() << " files; `troupe restore` makes a data folder of it\n";
}

} // namespace

void add_backup(CLI::App& app, const command_context& context) {
  auto folder = std::make_shared<std::string>();
  auto verb = app.add_subcommand("backup", "Copies all that the node keeps into a new folder, while it serves");
  verb->add_option("DIR", *folder, "The new folder, on the node's machine")->required();
  verb->footer("Example:\n  troupe backup /var/backups/troupe-monday");
  verb->callback([&context, folder] { backup(context, *folder); });
}

} // namespace troupe
