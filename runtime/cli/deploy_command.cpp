#include "runtime/base/model_toml.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/model_push.hpp"
#include "runtime/cli/rollout_watch.hpp"
#include "runtime/cli/strategy_text.hpp"
#include "runtime/cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace troupe {

namespace {

struct deploy_options {
  std::string name;
  std::string folder;
  std::uint32_t replicas = 0;
  std::string on;
  std::string strategy;
  bool detach = false;
  std::string timeout; ///< empty: as long as its stages may last
};

nlohmann::ordered_json begun_json(const version_id& version, const hashed_model& model, const pushed_version& pushed) {
  return {{"deployment", version.deployment},
          {"version", version.number},
          {"artifact", model.model.sha256},
          {"golden", model.golden ? model.golden->sha256 : ""},
          {"uploaded", pushed.uploaded}};
}

void print_begun(const command_context& context, const version_id& version, nlohmann::ordered_json about, bool by_stages) {
  if (context.format == output_format::json) {
    about["state"] = "validating";
    return print_json(context, about);
  }
  context.io.out << to_string(version) << " is on its way up; `troupe "
                 << (by_stages ? "rollout " + version.deployment + " --watch" : "status " + version.deployment)
                 << "` tells how far it is\n";
}

void print_end(const command_context& context, const version_id& version, nlohmann::ordered_json about, const rollout_end& end) {
  if (context.format == output_format::json) {
    about.update(rollout_json(end));
    print_json(context, about);
  }
  require_live(version, end);
  if (context.format == output_format::table)
    context.io.out << to_string(version)
                   << (end.state == "live" ? " is live" : " was live, until a higher version took its place") << " after "
                   << human_duration(time_of(end.steps)) << "\n";
}

void deploy(const command_context& context, const deploy_options& options) {
  std::optional<std::chrono::nanoseconds> timeout;
  if (!options.timeout.empty())
    timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  require_deployment_name(options.name);
  auto strategy = options.strategy.empty() ? std::string() : require(rollout_text_from(options.strategy), exit_code::bad_usage);
  auto model = read_model(context.io, options.folder);
  if (!options.on.empty())
    set_labels(model, options.on);
  if (!options.strategy.empty())
    model.folder.rollout = strategy;
  client node(context.target());
  auto pushed = push_model(node, context.io, options.name, model, options.replicas);
  version_id version{options.name, pushed.number};
  auto about = begun_json(version, model, pushed);
  if (options.detach)
    return print_begun(context, version, std::move(about), !model.folder.rollout.empty());
  auto patience = timeout.value_or(patience_for(model.folder.rollout));
  print_end(context, version, std::move(about), follow_rollout(context, node, version, patience));
}

} // namespace

void add_deploy(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<deploy_options>();
  auto verb = app.add_subcommand("deploy", "Deploys a model folder as a new version, and waits until it is live or has failed");
  verb->add_option("NAME", options->name, "The deployment; made if it is new")->required();
  verb->add_option("FOLDER", options->folder,
                   "The folder with model.pt, model.toml and, if there are any, golden.json and rollout.toml")
      ->required();
  verb->add_option("--replicas", options->replicas, "Replicas wanted (default: as scaled before, or as model.toml says)")
      ->type_name("N")
      ->check(CLI::Range(1U, model_replicas_max).description(""));
  verb->add_option("--on", options->on, "Labels that a node must have to run it (default: as model.toml says)")
      ->type_name("KEY=VALUE,…");
  verb->add_option("--strategy", options->strategy,
                   "How it takes over the requests: rolling (all at once), canary, blue_green, ab, shadow, or a file like "
                   "rollout.toml (default: as rollout.toml in the folder says, else rolling)")
      ->type_name("NAME|FILE");
  auto detach = verb->add_flag("--detach", options->detach, "Returns once the node has the version, and leaves the rest to it");
  verb->add_option("--timeout", options->timeout,
                   "The longest to wait; the version goes on after that (default: 5m, and as long as its stages may last)")
      ->type_name("DURATION")
      ->excludes(detach);
  verb->footer(
      "With canary the new version answers a growing part of the requests, with ab a fixed part, with blue_green none until it\n"
      "is ready and then all, with shadow it gets copies whose answers nobody sees. All but rolling need a live version to\n"
      "take over from, which answers all requests again if a check finds the new one worse. `troupe rollout NAME` shows and\n"
      "steers it. A stage lasts a minute or more; --detach doesn't wait for them.\n\n"
      "Ctrl-C ends the waiting, not the version's way up.\n\n"
      "Example:\n  troupe deploy digits examples/digits/cnn --replicas 2\n"
      "  troupe deploy digits examples/digits/cnn --on zone=a\n"
      "  troupe deploy digits examples/digits/cnn --strategy canary");
  verb->callback([&context, options] { deploy(context, *options); });
}

} // namespace troupe
