#include "runtime/cli/model_push.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/base/labels.hpp"
#include "runtime/base/model_toml_merge.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/cli/wire.hpp"
#include "runtime/oip/golden_json.hpp"

#include <chrono>
#include <filesystem>

namespace troupe {

namespace {

/// The leader may have the files brought to it first, from the node that was given them.
constexpr std::chrono::minutes deploy_timeout{15};

/// Read whole, so that what is wrong with it is told before anything is sent.
std::optional<hashed_file> check_golden_file(const console& io, const std::string& file, const model_spec& spec) {
  auto text = read_text_file(file, golden_bytes_max);
  if (!text && text.failure().code == error_code::not_found)
    return std::nullopt;
  require(parse_golden(require(std::move(text), exit_code::bad_usage), file, spec), exit_code::bad_usage);
  return hash_artifact(io, file, std::filesystem::file_size(file));
}

} // namespace

void set_labels(hashed_model& model, const std::string& on) {
  model.folder.spec.on = require(labels_from(on), exit_code::bad_usage);
  std::string labels;
  for (const auto& [key, value] : model.folder.spec.on)
    labels += (labels.empty() ? "" : ", ") + key + "=" + value;
  if (labels.find_first_of("\"\\\n") != std::string::npos)
    throw command_failure(exit_code::bad_usage, "on: expected labels like \"zone=a, rack=3\", without quotes and backslashes");
  model.folder.toml =
      require(merged_model_toml(model.folder.toml, "[placement]\non = \"" + labels + "\"\n"), exit_code::bad_usage);
}

hashed_model read_model(const console& io, const std::string& folder) {
  auto read = require(read_model_folder(folder), exit_code::bad_usage);
  auto golden = check_golden_file(io, (std::filesystem::path(folder) / "golden.json").string(), read.spec);
  auto model = hash_artifact(io, read.model_path, read.model_bytes);
  return {std::move(read), std::move(model), std::move(golden)};
}

bool upload_model(client& node, const console& io, const hashed_model& model) {
  bool uploaded = upload_artifact(node, io, model.model);
  if (model.golden)
    upload_artifact(node, io, *model.golden);
  return uploaded;
}

pushed_version push_model(client& node, const console& io, const std::string& deployment, const hashed_model& model,
                          std::uint32_t replicas) {
  bool uploaded = upload_model(node, io, model);
  auto call = node.control().deployRequest();
  call.setName(deployment);
  call.setArtifact(model.model.sha256);
  call.setModelToml(model.folder.toml);
  call.setReplicas(replicas);
  call.setRolloutToml(model.folder.rollout);
  if (model.golden)
    call.setGolden(model.golden->sha256);
  auto answer = node.ask(kj::mv(call), deploy_timeout);
  require_ok(answer.getError());
  return {answer.getVersion(), uploaded};
}

void require_deployment_name(const std::string& name) {
  if (!valid_deployment_name(name))
    throw command_failure(
        exit_code::bad_usage,
        "'" + printable(name)
            + "' can't name a deployment; use up to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit");
}

} // namespace troupe
