#pragma once

#include "runtime/base/cluster_records.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What a node shall do.
namespace troupe {

/// Replicas of a version that a node shall run.
struct pool_order {
  version_id id;
  std::uint64_t fingerprint =
      0; ///< of all that makes the version; a name that was undeployed and deployed again has numbers that were there before
  std::string artifact_sha256;
  std::string golden_sha256; ///< "": no golden.json
  std::string model_toml;
  std::uint32_t replicas = 0;
  bool may_start = false; ///< else its version is only loaded
  bool proven = false;    ///< the version has served before: failed starts don't make its pool give up
};

/// A node that serves a version, and with how much.
struct route_share {
  std::string node_id;
  std::uint32_t replicas = 0;
};

/// Where a deployment's requests go, on every node.
struct route_order {
  std::string deployment;
  version_number version = 0; ///< 0: nowhere
  error why_not{};            ///< then its requests are answered with this
  std::string model_toml;     ///< of the version: what requests must look like
  std::vector<route_share> shares;
};

/// All that a node shall do. The leader sends it whole whenever something in it changes; of two, the one with the higher epoch counts, then the higher revision.
struct assignment {
  leadership by;
  std::uint64_t revision = 0; ///< grows with each assignment for this node within an epoch
  std::vector<pool_order> pools;
  std::vector<route_order> routes;
};

} // namespace troupe
