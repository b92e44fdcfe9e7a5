#include "runtime/base/units.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/rollout_watch.hpp"
#include "runtime/cli/status_question.hpp"
#include "runtime/cli/status_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct rollback_options {
  std::string name;
  std::uint32_t to = 0;
  std::string timeout = "5m";
};

/// A deployment as it is before the rollback.
struct before {
  std::uint32_t newest = 0;                       ///< at work: on its way up, or else live; 0: none
  std::map<std::uint32_t, std::int64_t> latest{}; ///< time of each version's latest move: what comes after is this rollback's
};

before look(client& node, const std::string& name) {
  auto answer = ask_status(node, name);
  before seen;
  for (auto deployment : answer.getDeployments()) {
    seen.newest = deployment.getCurrentVersion();
    for (auto version : deployment.getVersions()) {
      if (is_rolling(text_of(version.getState())))
        seen.newest = version.getNumber();
      for (auto move : version.getMoves())
        seen.latest[version.getNumber()] = move.getUnixNs();
    }
  }
  return seen;
}

std::uint32_t begin_rollback(client& node, const rollback_options& options, std::uint32_t from) {
  auto call = node.control().rollbackRequest();
  call.setName(options.name);
  call.setTo(options.to);
  call.setFrom(from);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  return answer.getVersion();
}

void print_ended(const command_context& context, const version_id& ended) {
  if (context.format == output_format::json)
    return print_json(context, {{"deployment", ended.deployment}, {"version", 0}, {"ended", ended.number}});
  context.io.out << "the rollout of " << to_string(ended) << " has ended; no version of " << ended.deployment << " serves\n";
}

void rollback(const command_context& context, const rollback_options& options) {
  auto timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  client node(context.target());
  auto seen = look(node, options.name);
  auto begun = context.io.time.now();
  version_id version{options.name, begin_rollback(node, options, seen.newest)};
  if (version.number == 0)
    return print_ended(context, {options.name, seen.newest});
  auto end = follow_rollout(context, node, version, timeout, seen.latest[version.number]);
  auto took = context.io.time.now() - begun;
  if (context.format == output_format::json) {
    nlohmann::ordered_json about = {{"deployment", version.deployment}, {"version", version.number}};
    about.update(rollout_json(end));
    about["took_us"] = took.count() / 1000;
    print_json(context, about);
  }
  require_live(version, end);
  if (context.format == output_format::table)
    context.io.out << options.name << " is back at version " << version.number << " after " << human_duration(took) << "\n";
}

} // namespace

void add_rollback(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<rollback_options>();
  auto verb = app.add_subcommand("rollback", "Goes back to an earlier version, or ends a rollout that is under way");
  verb->add_option("NAME", options->name, "The deployment")->required();
  verb->add_option("--to", options->to,
                   "The version to go back to (default: the one that was live before; during a rollout, the one that is live)")
      ->type_name("VERSION")
      ->check(CLI::Range(1U, ~0U).description(""));
  verb->add_option("--timeout", options->timeout, "The longest to wait; the rollback goes on after that")
      ->type_name("DURATION")
      ->capture_default_str();
  verb->footer(
      "`troupe versions NAME` shows which versions there are, and which are resident: a rollback to these is one switch.\n\n"
      "Example:\n  troupe rollback digits\n  troupe rollback digits --to 2");
  verb->callback([&context, options] { rollback(context, *options); });
}

} // namespace troupe
