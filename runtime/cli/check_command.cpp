#include "runtime/base/units.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/model_push.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct check_options {
  std::string folder;
  std::string timeout = "5m";
};

std::string microseconds_text(std::uint64_t length) {
  return human_duration(std::chrono::microseconds(length));
}

void print_report(const command_context& context, const hashed_model& model, schema::ValidationReport::Reader report) {
  if (context.format == output_format::json)
    return print_json(context, {{"artifact", model.model.sha256},
                                {"golden", model.golden ? model.golden->sha256 : ""},
                                {"golden_cases", report.getGoldenCases()},
                                {"load_us", report.getLoadUs()},
                                {"slowest_us", report.getSlowestUs()}});
  table rows({{"GOLDEN CASES", true}, {"LOAD", true}, {"SLOWEST BATCH", true}});
  rows.add({model.golden ? std::to_string(report.getGoldenCases()) : "no golden.json", microseconds_text(report.getLoadUs()),
            microseconds_text(report.getSlowestUs())});
  context.io.out << rows.render(context.io.colors()) << "\nIt would be deployed; next: troupe deploy NAME FOLDER\n";
}

void check(const command_context& context, const check_options& options) {
  auto timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  auto model = read_model(context.io, options.folder);
  client node(context.target());
  upload_model(node, context.io, model);
  auto call = node.control().validateRequest();
  call.setArtifact(model.model.sha256);
  call.setModelToml(model.folder.toml);
  if (model.golden)
    call.setGolden(model.golden->sha256);
  auto answer = node.ask(kj::mv(call), timeout);
  require_ok(answer.getError());
  print_report(context, model, answer.getReport());
}

} // namespace

void add_check(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<check_options>();
  auto verb = app.add_subcommand("check", "Tries a model folder on a node as deploy does first, and deploys nothing");
  verb->add_option("FOLDER", options->folder, "The folder with model.pt, model.toml and, if there are golden cases, golden.json")
      ->required();
  verb->add_option("--timeout", options->timeout, "The longest to wait")->type_name("DURATION")->capture_default_str();
  verb->footer(
      "It loads in a process of its own, calls nothing that it may not, takes and gives what model.toml says, gives what "
      "golden.json expects, and stays within its limits with a full batch.\n\n"
      "Example:\n  troupe check examples/digits/cnn");
  verb->callback([&context, options] { check(context, *options); });
}

} // namespace troupe
