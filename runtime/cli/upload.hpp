#pragma once

#include "runtime/cli/client.hpp"
#include "runtime/cli/console.hpp"

#include <string>

namespace troupe {

/// A model file as the node will know it.
struct hashed_file {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Reads the whole file once. Ends the command (bad_usage) if it can't be read; a bar on stderr.
hashed_file hash_artifact(const console& io, const std::string& path, std::uint64_t bytes);

/// Brings the artifact to the node, durable and verified when it returns; a bar on stderr. False if the node had it already. Ends
/// the command if it is larger than the node takes, or the node refuses it.
bool upload_artifact(client& node, const console& io, const hashed_file& file);

} // namespace troupe
