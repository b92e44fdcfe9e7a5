#include "runtime/base/ids.hpp"
#include "runtime/base/model_folder.hpp"
#include "runtime/base/model_toml.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/upload.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

/// How much longer than the node we wait, so that its own word comes first.
constexpr std::chrono::seconds answer_grace{5};

struct deploy_options {
  std::string name;
  std::string folder;
  std::uint32_t replicas = 0;
  bool wait = false;
  std::string timeout = "5m";
};

std::uint32_t start_version(client& node, const deploy_options& options, const model_folder& model, const artifact& file) {
  auto call = node.control().deployRequest();
  call.setName(options.name);
  call.setArtifact(file.sha256);
  call.setModelToml(model.toml);
  call.setReplicas(options.replicas);
  auto answer = node.wait(call.send());
  require_ok(answer.getError());
  return answer.getVersion();
}

void await_live(client& node, const version_id& version, std::chrono::nanoseconds timeout) {
  auto call = node.control().awaitReadyRequest();
  call.setName(version.deployment);
  call.setVersion(version.number);
  call.setTimeoutUs(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(timeout).count()));
  auto answer = node.wait(call.send(), timeout + answer_grace);
  if (answer.getError().getCode() == schema::Code::OK)
    return;
  auto refusal = error_of(answer.getError());
  auto verdict = refusal.code == error_code::deadline_exceeded ? " is not live yet: " : " is not live: ";
  throw command_failure(exit_code_of(refusal), to_string(version) + verdict + refusal.message);
}

void print_version(const command_context& context, const version_id& version, const artifact& file, bool uploaded, bool live) {
  if (context.format == output_format::json)
    return print_json(context, {{"deployment", version.deployment},
                                {"version", version.number},
                                {"artifact", file.sha256},
                                {"uploaded", uploaded},
                                {"state", live ? "live" : "preparing"}});
  if (live)
    context.io.out << to_string(version) << " is live\n";
  else
    context.io.out << to_string(version) << " is being prepared; `troupe status " << version.deployment
                   << "` tells how far it is\n";
}

void deploy(const command_context& context, const deploy_options& options) {
  auto timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  if (!valid_deployment_name(options.name))
    throw command_failure(
        exit_code::bad_usage,
        "'" + printable(options.name)
            + "' can't name a deployment; use up to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit");
  auto model = require(read_model_folder(options.folder), exit_code::bad_usage);
  client node(context.node);
  auto file = hash_artifact(context.io, model.model_path, model.model_bytes);
  bool uploaded = upload_artifact(node, context.io, file);
  version_id version{options.name, start_version(node, options, model, file)};
  if (options.wait)
    await_live(node, version, timeout);
  print_version(context, version, file, uploaded, options.wait);
}

} // namespace

void add_deploy(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<deploy_options>();
  auto verb = app.add_subcommand("deploy", "Deploys a model folder (model.pt, model.toml) as a new version");
  verb->add_option("NAME", options->name, "The deployment; made if it is new")->required();
  verb->add_option("FOLDER", options->folder, "The folder with model.pt and model.toml")->required();
  verb->add_option("--replicas", options->replicas, "Replicas wanted (default: as scaled before, or as model.toml says)")
      ->check(CLI::Range(1U, model_replicas_max));
  auto wait = verb->add_flag("--wait", options->wait, "Waits until the version is live with all its replicas, or has failed");
  verb->add_option("--timeout", options->timeout, "The longest that --wait waits")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(wait);
  verb->footer("Example:\n  troupe deploy digits examples/digits/cnn --replicas 2 --wait");
  verb->callback([&context, options] { deploy(context, *options); });
}

} // namespace troupe
