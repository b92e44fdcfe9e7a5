#pragma once

#include "runtime/base/model_folder.hpp"
#include "runtime/cli/upload.hpp"

#include <optional>

namespace troupe {

/// A model folder as a node will know it.
struct hashed_model {
  model_folder folder;
  hashed_file model;
  std::optional<hashed_file> golden; ///< of golden.json, if the folder has one
};

/// Reads, checks and hashes the folder, golden.json against model.toml too. Ends the command (bad_usage) for what is wrong with it.
hashed_model read_model(const console& io, const std::string& folder);

/// The same with other labels to run on than its model.toml says. Ends the command (bad_usage) if they are none.
void set_labels(hashed_model& model, const std::string& on);

/// A version that a node has begun.
struct pushed_version {
  std::uint32_t number = 0;
  bool uploaded = false; ///< the node did not have the model before
};

/// Uploads what the node lacks. Whether that was the model.
bool upload_model(client& node, const console& io, const hashed_model& model);

/// Uploads what the node lacks and makes a version of it; durable when it returns. `replicas` 0: as scaled before, or as model.toml
/// says.
pushed_version push_model(client& node, const console& io, const std::string& deployment, const hashed_model& model,
                          std::uint32_t replicas);

/// Ends the command (bad_usage) unless a deployment may have this name.
void require_deployment_name(const std::string& name);

} // namespace troupe
