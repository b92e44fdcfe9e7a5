#include "runtime/base/sha256.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/apply_file.hpp"
#include "runtime/cli/apply_plan.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/model_push.hpp"
#include "runtime/cli/rollout_watch.hpp"
#include "runtime/cli/strategy_text.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

struct apply_options {
  std::string file;
  bool dry_run = false;
  bool prune = false;
  std::string timeout; ///< empty: as long as a version's stages may last
};

/// Nothing: as long as a version's stages may last.
using given_patience = std::optional<std::chrono::nanoseconds>;

/// What the file asks for, as far as this machine knows it.
struct wanted_state {
  std::vector<hashed_model> models;
  std::vector<apply_view> views; ///< of the same places
};

wanted_state read_wanted(const console& io, const std::string& file) {
  wanted_state wanted;
  for (const auto& entry : require(read_apply_file(file), exit_code::bad_usage)) {
    auto model = read_model(io, entry.folder);
    if (!entry.on.empty())
      set_labels(model, entry.on);
    if (!entry.strategy.empty())
      model.folder.rollout = require(rollout_text_from(entry.strategy), exit_code::bad_usage);
    wanted.views.push_back({entry.name,
                            {model.model.sha256, sha256_of(model.folder.toml), model.golden ? model.golden->sha256 : ""},
                            entry.replicas});
    wanted.models.push_back(std::move(model));
  }
  return wanted;
}

apply_view view_of(schema::DeploymentStatus::Reader deployment) {
  std::optional<schema::VersionStatus::Reader> chosen;
  for (auto version : deployment.getVersions()) // newest first
    if (version.getState() != "draining" && !ends_rollout(text_of(version.getState()))) {
      chosen = version;
      break;
    } else if (version.getNumber() == deployment.getCurrentVersion()) {
      chosen = version;
    }
  apply_view view{text_of(deployment.getName()), {}, deployment.getWantedReplicas()};
  if (chosen)
    view.content = {text_of(chosen->getArtifact()), text_of(chosen->getModelTomlSha256()), text_of(chosen->getGolden())};
  return view;
}

std::vector<apply_view> ask_found(client& node) {
  auto answer = node.ask(node.control().statusRequest());
  require_ok(answer.getError());
  std::vector<apply_view> found;
  for (auto deployment : answer.getDeployments())
    found.push_back(view_of(deployment));
  return found;
}

std::string differences_text(const apply_change& change) {
  if (change.action == apply_action::undeploy)
    return "the file does not name it";
  std::string text;
  for (const auto& one : change.differences)
    text += (text.empty() ? "" : ", ") + one.what + " " + one.from + " → " + one.to;
  return text;
}

void print_plan(const command_context& context, const std::vector<apply_change>& plan) {
  table rows({{"CHANGE"}, {"DEPLOYMENT"}, {"DIFFERENCES"}});
  for (const auto& change : plan)
    rows.add({std::string(to_string(change.action)), change.name, differences_text(change)});
  context.io.out << (plan.empty() ? "nothing to do\n" : rows.render(context.io.colors())) << std::flush;
}

json change_json(const apply_change& change) {
  auto differences = json::array();
  for (const auto& one : change.differences)
    differences.push_back({{"what", one.what}, {"from", one.from}, {"to", one.to}});
  return {{"change", to_string(change.action)}, {"deployment", change.name}, {"differences", std::move(differences)}};
}

json plan_json(const std::vector<apply_change>& plan, bool applied) {
  auto changes = json::array();
  for (const auto& change : plan)
    changes.push_back(change_json(change));
  return {{"changes", std::move(changes)}, {"applied", applied}};
}

/// A first version has nothing to take over by stages.
void deploy_and_wait(const command_context& context, client& node, const apply_view& wanted, hashed_model model, bool is_first,
                     const given_patience& timeout) {
  if (is_first)
    model.folder.rollout.clear();
  version_id version{wanted.name, push_model(node, context.io, wanted.name, model, wanted.replicas).number};
  auto end = follow_rollout(context, node, version, timeout.value_or(patience_for(model.folder.rollout)));
  require_live(version, end);
  if (context.format == output_format::table)
    context.io.out << to_string(version) << " is live after " << human_duration(time_of(end.steps)) << "\n";
}

void scale_to(const command_context& context, client& node, const apply_view& wanted) {
  auto call = node.control().scaleRequest();
  call.setName(wanted.name);
  call.setReplicas(wanted.replicas);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::table)
    context.io.out << wanted.name << ": " << wanted.replicas << (wanted.replicas == 1 ? " replica" : " replicas") << " wanted\n";
}

void undeploy(const command_context& context, client& node, const std::string& name) {
  auto call = node.control().undeployRequest();
  call.setName(name);
  require_ok(node.ask(kj::mv(call)).getError());
  if (context.format == output_format::table)
    context.io.out << name << ": undeployed\n";
}

void carry_out(const command_context& context, client& node, const apply_change& change, const wanted_state& wanted,
               const given_patience& timeout) {
  switch (change.action) {
  case apply_action::deploy:
    return deploy_and_wait(context, node, wanted.views[change.wanted], wanted.models[change.wanted], change.is_first, timeout);
  case apply_action::scale: return scale_to(context, node, wanted.views[change.wanted]);
  case apply_action::undeploy: return undeploy(context, node, change.name);
  }
}

void apply(const command_context& context, const apply_options& options) {
  given_patience timeout;
  if (!options.timeout.empty())
    timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  auto wanted = read_wanted(context.io, options.file);
  client node(context.target());
  auto plan = plan_apply(wanted.views, ask_found(node), options.prune);
  if (context.format == output_format::table)
    print_plan(context, plan);
  if (!options.dry_run)
    for (const auto& change : plan)
      carry_out(context, node, change, wanted, timeout);
  if (context.format == output_format::json)
    print_json(context, plan_json(plan, !options.dry_run));
}

} // namespace

void add_apply(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<apply_options>();
  auto verb = app.add_subcommand("apply", "Makes the node serve what a file asks for: deploys and scales what differs");
  verb->add_option("FILE", options->file,
                   "TOML; a section [[deployment]] each, with name, folder (from the file's own), and what deploy's options say: "
                   "replicas, on, strategy")
      ->required();
  verb->add_flag("--dry-run", options->dry_run, "Only shows what would be done; exits with 0 either way");
  verb->add_flag("--prune", options->prune, "Undeploys what the file does not name, which is left alone else");
  verb->add_option("--timeout", options->timeout,
                   "The longest to wait for each version to be live (default: 5m, and as long as its stages may last)")
      ->type_name("DURATION");
  verb->footer("A deployment differs if model.pt, model.toml, golden.json or the number of replicas does. What already is as "
               "asked for is not\n"
               "touched, so that a second run has nothing to do. The first failure ends the run; mend it and run again.\n\n"
               "Example:\n  troupe apply production.toml --dry-run\n  troupe apply production.toml");
  verb->callback([&context, options] { apply(context, *options); });
}

} // namespace troupe
