#include "runtime/cli/restore_command.hpp"

#include "runtime/base/config.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/progress.hpp"
#include "runtime/cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace troupe {

namespace {

result<restore_report> restore_watched(const command_context& context, const restore_arguments& arguments,
                                       const restore_runner& restore) {
  std::optional<progress> bar;
  return restore(arguments, [&](const restore_progress& now) {
    if (!bar)
      bar.emplace(context.io, "restore", now.bytes_total);
    if (bar->due())
      bar->show(now.bytes_done, human_size(now.bytes_done) + " of " + human_size(now.bytes_total));
  });
}

void print_report_json(const command_context& context, const restore_arguments& arguments, const restore_report& report) {
  nlohmann::ordered_json told = {{"data", arguments.data_folder},
                                 {"files", report.files},
                                 {"bytes", report.bytes},
                                 {"backup_time", report.backup_time},
                                 {"moved_aside", report.moved_aside}};
  if (arguments.lead) {
    told["epoch"] = report.epoch;
    told["warnings"] = report.warnings;
  }
  print_json(context, told);
}

void print(const command_context& context, const restore_arguments& arguments, const restore_report& report) {
  if (context.format == output_format::json)
    return print_report_json(context, arguments, report);
  for (const auto& warning : report.warnings)
    context.io.err << "warning: " << printable(warning) << "\n";
  if (!report.moved_aside.empty())
    context.io.out << "what was in " << arguments.data_folder << " is in " << report.moved_aside << " now\n";
  context.io.out << arguments.data_folder << ": restored " << human_size(report.bytes) << " in " << report.files
                 << " files, as of " << printable(report.backup_time);
  if (arguments.lead)
    context.io.out
        << ", and leads in epoch " << report.epoch
        << "; start the node as before: the other nodes follow it, and the leader that was steps down when it comes back\n";
  else
    context.io.out << "; start it with `troupe node --data " << arguments.data_folder << "`\n";
}

} // namespace

void add_restore(CLI::App& app, const command_context& context, const restore_runner& restore) {
  auto arguments = std::make_shared<restore_arguments>();
  arguments->data_folder = node_options().data_folder;
  auto verb = app.add_subcommand("restore", "Makes a data folder from a backup; needs no node");
  verb->add_option("DIR", arguments->backup, "The backup")->required();
  verb->add_option("--data", arguments->data_folder, "The data folder to make")->type_name("FOLDER")->capture_default_str();
  verb->add_flag("--replace", arguments->replace, "Moves what is in the data folder to FOLDER.before-restore-TIME first");
  verb->add_flag(
      "--lead", arguments->lead,
      "Leads the cluster, by a backup of the leader that is lost. The data folder is a stopped member's, which keeps "
      "who it is and has what was in it moved aside, or a new one, on whichever machine, for a new node in the leader's place");
  verb->add_flag("--yes", arguments->yes,
                 "With --lead: also in the place of a leader that came after the backup, which is lost, too");
  verb->footer("Example:\n  troupe restore /var/backups/troupe-monday --data /var/lib/troupe --replace\n"
               "  troupe restore /var/backups/troupe-leader --data /var/lib/troupe --lead");
  verb->callback([&context, &restore, arguments] {
    if (arguments->yes && !arguments->lead)
      throw command_failure(exit_code::bad_usage, "only with --lead there is something to say --yes to");
    auto report = restore_watched(context, *arguments, restore);
    print(context, *arguments, require(std::move(report), exit_code::failed));
  });
}

} // namespace troupe
