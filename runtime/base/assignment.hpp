#pragma once

#include "runtime/base/cluster_records.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/rollout_spec.hpp"

#include <cstdint>
#include <optional>
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
  bool judged = false;    ///< the node tells each second what it did with its requests
};

/// A node that serves a version, and with how much.
struct route_share {
  std::string node_id;
  std::uint32_t replicas = 0;
};

/// Which of a deployment's requests another version answers than the one that is live.
struct split_order {
  std::uint64_t number = 0;     ///< of the deployment's splits: a later one has a higher, unless the clock went back
  version_number candidate = 0; ///< 0: none; all requests go to the live version
  permille weight = 0;          ///< requests that it answers
  permille copies = 0;          ///< requests of which it gets a copy
  split_key key;
  std::optional<always_rule> always;
  std::uint32_t fuse = 0;               ///< failures of the candidate in a row, by which a gateway turns back; 0: none
  std::vector<check_spec> looks;        ///< the checks that look into answers, in the spec's order
  bool takes_rewards = false;           ///< an A/B test is under way
  std::vector<version_number> others{}; ///< that it has besides; each answers as many as the candidate
};

/// A version that answers a deployment's requests, and where.
struct route_arm {
  version_number version = 0;
  std::string model_toml; ///< what requests must look like
  std::vector<route_share> shares;
};

/// Where a deployment's requests go, on every node.
struct route_order {
  std::string deployment;
  error why_not{};                    ///< what its requests are answered with, if `live` is of no version
  route_arm live;                     ///< version 0: none is
  std::optional<route_arm> candidate; ///< that of the split
  split_order split;
  std::vector<route_arm> others{}; ///< those of the split
};

/// All that a node shall do. The leader sends it whole whenever something in it changes; of two, the one with the higher epoch counts, then the higher revision.
struct assignment {
  leadership by;
  std::uint64_t revision = 0; ///< grows with each assignment for this node within an epoch
  std::vector<pool_order> pools;
  std::vector<route_order> routes;
  std::vector<revocation> revoked{}; ///< added to those that the node has
};

} // namespace troupe
