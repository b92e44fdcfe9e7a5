#include "runtime/cli/model_push.hpp"

#include "runtime/base/golden.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/wire.hpp"

#include <filesystem>

namespace troupe {

namespace {

std::optional<hashed_file> hash_golden(const console& io, const std::filesystem::path& file) {
  std::error_code failure;
  auto bytes = std::filesystem::file_size(file, failure);
  if (failure == std::errc::no_such_file_or_directory)
    return std::nullopt;
  if (failure)
    throw command_failure(exit_code::bad_usage, "can't look at '" + file.string() + "': " + failure.message());
  if (bytes > golden_bytes_max)
    throw command_failure(exit_code::bad_usage, "'" + file.string() + "' is " + human_size(bytes) + "; at most "
                                                    + human_size(golden_bytes_max) + " of golden cases are taken");
  return hash_artifact(io, file.string(), bytes);
}

} // namespace

hashed_model read_model(const console& io, const std::string& folder) {
  auto read = require(read_model_folder(folder), exit_code::bad_usage);
  auto model = hash_artifact(io, read.model_path, read.model_bytes);
  return {std::move(read), std::move(model), hash_golden(io, std::filesystem::path(folder) / "golden.json")};
}

pushed_version push_model(client& node, const console& io, const std::string& deployment, const hashed_model& model,
                          std::uint32_t replicas) {
  bool uploaded = upload_artifact(node, io, model.model);
  if (model.golden)
    upload_artifact(node, io, *model.golden);
  auto call = node.control().deployRequest();
  call.setName(deployment);
  call.setArtifact(model.model.sha256);
  call.setModelToml(model.folder.toml);
  call.setReplicas(replicas);
  if (model.golden)
    call.setGolden(model.golden->sha256);
  auto answer = node.ask(kj::mv(call));
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
