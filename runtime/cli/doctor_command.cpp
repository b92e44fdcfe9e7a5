#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/machine_probe.hpp"
#include "runtime/cli/node_command.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct doctor_options {
  std::string config;
  std::string data;
};

node_options options_of_node(const doctor_options& given) {
  auto options = node_options_from(config_file(given.config));
  if (!given.data.empty())
    options.data_folder = given.data;
  return options;
}

void print_table(const command_context& context, const std::vector<finding>& findings) {
  table rows({{"CHECK"}, {"STATE"}, {"FOUND"}});
  for (const auto& one : findings)
    rows.add({one.check, state_cell(to_string(one.judged)), one.found});
  context.io.out << rows.render(context.io.colors());
  for (const auto& one : findings)
    if (!one.advice.empty())
      context.io.out << "\n" << one.check << ": " << one.advice << "\n";
}

nlohmann::ordered_json findings_json(const std::vector<finding>& findings) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& one : findings)
    list.push_back({{"check", one.check}, {"state", to_string(one.judged)}, {"found", one.found}, {"advice", one.advice}});
  return {{"findings", std::move(list)}};
}

void doctor(const command_context& context, const doctor_options& options) {
  auto findings = examine(probe_machine(options_of_node(options), context.io.time));
  if (context.format == output_format::json)
    print_json(context, findings_json(findings));
  else
    print_table(context, findings);
  auto bad = std::count_if(findings.begin(), findings.end(), [](const finding& one) { return one.judged == grade::bad; });
  if (bad > 0)
    throw command_failure(exit_code::failed, std::to_string(bad) + (bad == 1 ? " check is bad" : " checks are bad")
                                                 + "; a node won't serve here, or not well, until that is mended");
}

} // namespace

void add_doctor(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<doctor_options>();
  auto verb = app.add_subcommand("doctor", "Looks whether a node can serve well on this machine, and says what to do");
  verb->add_option("--config", options->config, config_help)->type_name("FILE");
  verb->add_option("--data", options->data, "The node's data folder (default: as the file says)")->type_name("FOLDER");
  verb->footer("Changes nothing. Exits with 1 if anything is bad.\n\n"
               "Example:\n  troupe doctor\n  troupe doctor --data /var/lib/troupe");
  verb->callback([&context, options] { doctor(context, *options); });
}

} // namespace troupe
