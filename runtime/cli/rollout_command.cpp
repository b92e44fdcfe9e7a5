#include "runtime/base/printable.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/rollout_heading.hpp"
#include "runtime/cli/rollout_status_json.hpp"
#include "runtime/cli/rollout_view.hpp"
#include "runtime/cli/rollout_watch.hpp"
#include "runtime/cli/screen.hpp"
#include "runtime/cli/status_question.hpp"
#include "runtime/cli/status_view.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace troupe {

namespace {

struct rollout_options {
  std::string name;
  std::string action; ///< "": only looks
  bool watch = false;
  std::string interval = "500ms";
};

status_answer ask_status_of_one(client& node, const std::string& name) {
  auto answer = ask_status(node, name);
  if (answer.getDeployments().size() == 0)
    throw command_failure(exit_code::failed, "the node's answer is malformed: it tells nothing of the deployment");
  return answer;
}

std::int64_t now_of(const command_context& context) {
  return context.io.time.wall_now().time_since_epoch().count();
}

std::optional<schema::VersionStatus::Reader> find_version(schema::DeploymentStatus::Reader deployment, std::uint32_t number) {
  for (auto version : deployment.getVersions())
    if (version.getNumber() == number)
      return version;
  return std::nullopt;
}

/// The rollout, and how the version is that it is about: the newest one if none is under way.
nlohmann::ordered_json told_json(const status_answer& answer) {
  auto deployment = answer.getDeployments()[0];
  auto versions = deployment.getVersions();
  auto number = version_under_way(deployment);
  if (number == 0 && versions.size() > 0)
    number = versions[0].getNumber();
  auto version = find_version(deployment, number);
  auto last = version ? latest_move_of(*version) : latest_move();
  return {{"deployment", text_of(deployment.getName())},
          {"current_version", deployment.getCurrentVersion()},
          {"rollout", rollout_status_json(deployment)},
          {"version", number},
          {"state", last.state},
          {"since_unix_ns", last.unix_ns},
          {"reason", last.why},
          {"leader_away", answer.getNode().getLeaderAway()},
          {"state_age_us", answer.getNode().getStateAgeUs()}};
}

std::string told_text(const command_context& context, const status_answer& answer) {
  return away_text(answer.getNode()) + rollout_text(answer.getDeployments()[0], now_of(context), context.io.colors());
}

void look(const command_context& context, const rollout_options& options) {
  client node(context.target());
  auto answer = ask_status_of_one(node, options.name);
  if (context.format == output_format::json)
    print_json(context, told_json(answer));
  else
    context.io.out << told_text(context, answer);
}

// -- watching ---------------------------------------------------------------------------------------------------------------------

/// How the version is, if its way up has ended.
std::optional<rollout_end> end_of(schema::DeploymentStatus::Reader deployment, std::uint32_t number) {
  if (version_under_way(deployment) == number)
    return std::nullopt;
  auto version = find_version(deployment, number);
  if (!version)
    return rollout_end{{}, "failed", "it is no longer among the versions that are kept"};
  auto last = latest_move_of(*version);
  return rollout_end{steps_of(version->getMoves()), last.state, printable(last.why)};
}

/// Ends the command (failed) if the newest version is none that could be live: who watches it may have come too late.
void require_good_end(const std::string& name, schema::DeploymentStatus::Reader deployment) {
  if (deployment.getVersions().size() == 0)
    return;
  auto newest = deployment.getVersions()[0].getNumber();
  auto end = end_of(deployment, newest);
  if (end && (end->state == "failed" || end->state == "rolled_back"))
    require_live({name, newest}, *end);
}

/// Until the rollout that is under way at the first look has ended. Ends the command (failed) unless its version is live then.
void watch(const command_context& context, const rollout_options& options) {
  auto interval = require(parse_duration(options.interval), exit_code::bad_usage);
  client node(context.target());
  node.on_interrupt("stopped watching the rollout of " + options.name + "; it goes on: `troupe rollout " + options.name
                    + "` tells how far it is");
  screen view(context.io);
  for (std::uint32_t followed = 0;; node.pause(interval)) {
    auto answer = ask_status_of_one(node, options.name);
    auto deployment = answer.getDeployments()[0];
    if (context.format == output_format::json)
      print_json_line(context, told_json(answer));
    else
      view.show(told_text(context, answer));
    followed = followed == 0 ? version_under_way(deployment) : followed;
    if (followed == 0)
      return require_good_end(options.name, deployment);
    if (auto end = end_of(deployment, followed))
      return require_live({options.name, followed}, *end);
  }
}

// -- steering ---------------------------------------------------------------------------------------------------------------------

void steer(const command_context& context, const rollout_options& options) {
  client node(context.target());
  auto call = node.control().steerRolloutRequest();
  call.setName(options.name);
  call.setWhat(options.action);
  require_ok(node.ask(kj::mv(call)).getError());
  auto answer = ask_status_of_one(node, options.name);
  if (context.format == output_format::table) {
    context.io.out << rollout_line(answer.getDeployments()[0], now_of(context));
    return;
  }
  auto told = told_json(answer);
  told["action"] = options.action;
  print_json(context, told);
}

void rollout(const command_context& context, const rollout_options& options) {
  if (options.action.empty())
    return options.watch ? watch(context, options) : look(context, options);
  if (options.watch)
    throw command_failure(exit_code::bad_usage, "--watch only looks; leave it out to " + options.action + " the rollout");
  steer(context, options);
}

} // namespace

void add_rollout(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<rollout_options>();
  auto verb = app.add_subcommand("rollout", "Shows how a version takes requests over by stages, or steers that");
  verb->add_option("NAME", options->name, "The deployment")->required();
  verb->add_option("STEERING", options->action, "pause, resume, promote, abort or skip (default: only shows how far it is)")
      ->check(CLI::IsMember({"pause", "resume", "promote", "abort", "skip"}).description(""));
  auto watch = verb->add_flag("--watch", options->watch, "Again and again, until the rollout has ended; json: an object a line");
  verb->add_option("--interval", options->interval, "Between two looks")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(watch);
  verb->footer("pause keeps the split of requests as it is, until resume; skip goes on to the next stage; promote gives all\n"
               "requests to the new version at once; abort gives them all back to the one before. With --watch the exit code\n"
               "is 1 if the newest version failed or was rolled back; Ctrl-C ends the watching, not the rollout.\n\n"
               "Example:\n  troupe rollout digits --watch\n  troupe rollout digits pause\n  troupe rollout digits promote");
  verb->callback([&context, options] { rollout(context, *options); });
}

} // namespace troupe
