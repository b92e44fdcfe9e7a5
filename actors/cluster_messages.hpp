#pragma once

#include "actors/messages.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// What is said about several nodes: what each shall run, what it runs, and who leads. Everything here is plain data: `actors/transport.hpp` carries it to
/// other nodes.
namespace troupe {

// -- what a node shall do -----------------------------------------------------------------------------------------------------------

/// Who leads since when. Believed only with the authority's signature (cluster/mandate.hpp).
struct leadership {
  std::uint64_t epoch = 0; ///< grows with each leader
  std::string leader_id;   ///< its node id
  std::string signature;
};

/// Replicas of a version that a node shall run.
struct pool_order {
  version_id id;
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

/// The node has it, on its disk and in its routing table. An assignment of an older epoch is refused as `conflict`; `by` is then who leads.
struct assignment_taken {
  leadership by;
  bool taken = false;
};

// -- what a node does ---------------------------------------------------------------------------------------------------------------

/// How far a node has come with a pool.
///
///     fetching --> loading --> loaded --> starting --> serving     any of them --> failed
enum class pool_phase : std::uint8_t { fetching, loading, loaded, starting, serving, draining, failed };

constexpr const char* to_string(pool_phase phase) {
  switch (phase) {
  case pool_phase::fetching: return "fetching";
  case pool_phase::loading: return "loading";
  case pool_phase::loaded: return "loaded";
  case pool_phase::starting: return "starting";
  case pool_phase::serving: return "serving";
  case pool_phase::draining: return "draining";
  case pool_phase::failed: return "failed";
  }
  return "unknown";
}

struct pool_report {
  pool_phase phase = pool_phase::fetching;
  error why{};              ///< of failed: the version can never serve here
  std::uint32_t wanted = 0; ///< replicas, as the node was told
  bool started = false;     ///< all wanted replicas have hosts
  bool complete = false;    ///< all wanted replicas serve
  pool_status status;
  std::uint64_t memory_bytes = 0; ///< that its processes use; 0: not measured yet
};

/// All that a node does. It sends it whole to its leader when something in it has changed, and now and then.
struct node_report {
  std::string node_id;
  std::uint64_t epoch = 0;    ///< of the assignment that it follows
  std::uint64_t revision = 0; ///< likewise
  std::uint64_t sequence = 0; ///< grows with each report of this life of the node
  std::vector<pool_report> pools;
};

// -- artifacts ----------------------------------------------------------------------------------------------------------------------

/// Asks a node for bytes of an artifact that it has; not_found if it has none.
struct read_artifact {
  std::string sha256;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0; ///< at most
};
struct artifact_piece {
  std::uint64_t total_bytes = 0; ///< of the artifact
  std::shared_ptr<const std::string> bytes;
};

} // namespace troupe

#define TROUPE_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::type)
TROUPE_MESSAGE(assignment)
TROUPE_MESSAGE(assignment_taken)
TROUPE_MESSAGE(node_report)
TROUPE_MESSAGE(read_artifact)
TROUPE_MESSAGE(artifact_piece)
#undef TROUPE_MESSAGE
