#pragma once

#include "runtime/base/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Which node runs how many replicas of which version: a plain function of what there is and what is wanted.
///
/// What is weighed, the first first:
///   1. no node's memory is promised twice; every constraint holds
///   2. as many replicas as fit: first one of each demand, then a second of each; of equal rank the largest first
///   3. a loss costs least: a demand's replicas are spread over zones, then over nodes
///   4. nodes are about equally loaded
///   5. what runs well stays where it is
///
/// What runs moves only if it must (its node is gone or draining, a constraint or the memory no longer holds) or for a real gain: its demand
/// has at least two replicas more in that zone, or on that node, than where it goes; its node is fuller than the other by more than
/// `placement_options::imbalance`; or another demand's replica, which fits nowhere, fits in its place.
namespace troupe {

enum class placement_use : std::uint8_t {
  usable,
  suspect,  ///< keeps what it has and gets nothing more
  full,     ///< likewise, because its disk has no room for models
  draining, ///< its replicas move away; what fits nowhere else stays
  gone,     ///< its replicas are lost
};

struct placement_node {
  std::string id; ///< unique among the nodes
  std::uint32_t cores = 1;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_others_bytes = 0;     ///< of these, used by others than replicas
  std::map<std::string, std::string> labels; ///< `zone` says what fails together; nodes without it are one zone
  placement_use use = placement_use::usable;
};

struct placement_demand {
  version_id version; ///< unique among the demands
  std::uint32_t replicas = 0;
  std::uint32_t threads = 1;                      ///< a replica's; balanced, never a reason to refuse
  std::uint64_t replica_bytes = 0;                ///< a replica's own memory
  std::uint64_t shared_bytes = 0;                 ///< once on each node that has replicas: their weights
  std::map<std::string, std::string> constraints; ///< labels that a node must have
};

/// So many replicas of a version on a node.
struct placed_replicas {
  version_id version;
  std::string node;
  std::uint32_t replicas = 0;
};

enum class move_reason : std::uint8_t {
  wanted,     ///< new
  surplus,    ///< no longer wanted
  lost,       ///< the node is gone
  drained,    ///< the node is draining
  constraint, ///< the node no longer has a label that is asked for
  memory,     ///< the node's memory no longer suffices
  spread,     ///< a loss will cost less
  balance,    ///< the node was fuller than another
  room,       ///< makes room for a replica that fits nowhere else
};

/// "lost"
const char* to_string(move_reason why);

struct placement_move {
  version_id version;
  std::string from; ///< empty: new
  std::string to;   ///< empty: stops, or found no place
  std::uint32_t replicas = 0;
  move_reason why = move_reason::wanted;
};

/// What found no place.
struct placement_shortfall {
  version_id version;
  std::uint32_t missing = 0; ///< replicas; those that stay on draining nodes are not among them
  std::uint32_t staying = 0; ///< replicas that stay on draining nodes, because they fit nowhere else
  bool may_pass = false;     ///< a node that gets nothing just now, being suspect, has all labels that are asked for
  std::string advice;        ///< why, and what to do
};

struct placement_plan {
  std::vector<placed_replicas> target; ///< sorted by version and node; nothing with zero replicas
  std::vector<placement_move> moves;   ///< from `current` to `target`
  std::vector<placement_shortfall> shortfalls;
  bool more = false; ///< gains were left for a later pass, because `gain_moves_max` was reached; plan again when this is done
};

struct placement_options {
  std::uint32_t gain_moves_max = 64; ///< replicas that could stay and move all the same, in one plan
  /// How much fuller a node must be than another before a replica moves, as a share of a node (of its load where that is more than one node).
  /// A node is as full as its cores or its memory, whichever is fuller.
  double imbalance = 0.2;
};

/// The same for the same input in whatever order, and no moves for its own target unless `more`. `current` has at most one entry a version and
/// node; it may name nodes and versions that are not among the others: these nodes are gone, these versions no longer wanted.
/// What it costs: `./dev bench --only placement`.
placement_plan plan_placement(const std::vector<placement_node>& nodes, const std::vector<placement_demand>& demands,
                              const std::vector<placed_replicas>& current, const placement_options& options = {});

} // namespace troupe
