#pragma once

#include "actors/messages.hpp"
#include "cluster/placement.hpp"
#include "cluster/suspicion.hpp"
#include "runtime/base/assignment.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"
#include "runtime/serving/answer_watch.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What is said about several nodes: what each shall run, what it runs, and who leads. Everything here is plain data: `actors/transport.hpp` carries it to
/// other nodes.
namespace troupe {

// -- what a node shall do -----------------------------------------------------------------------------------------------------------

/// What a node is told to do is an `assignment` (runtime/base/assignment.hpp). It has it on its disk and in its routing table if it was taken; one of an older epoch
/// isn't, and `by` is then who leads.
struct assignment_taken {
  leadership by;
  bool taken = false;
};

/// Keeps an assignment in the place of the one before; answered once it is on disk.
struct keep_assignment {
  assignment what;
};
/// Asks for the one that was kept last.
struct load_assignment {};
struct kept_assignment {
  std::optional<assignment> what; ///< nothing: none was kept yet
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
  std::uint64_t fingerprint = 0; ///< of its order
  pool_phase phase = pool_phase::fetching;
  error why{};              ///< of failed: the version can never serve here
  std::uint32_t wanted = 0; ///< replicas, as the node was told
  bool loaded = false;      ///< its template has the version
  bool started = false;     ///< all wanted replicas have hosts
  bool complete = false;    ///< all wanted replicas serve
  pool_status status;
  std::uint64_t memory_bytes = 0;   ///< that its replicas use; 0: not measured yet
  std::optional<work_counters> did; ///< with its requests, since its pool was made; nothing: it isn't judged
};

/// A pool tells its owner what has become of it, whole, whenever that has changed.
struct pool_news {
  pool_report report;
  std::shared_ptr<pool> target;
};

/// A gateway has turned back from a candidate by itself.
struct fuse_report {
  std::string deployment;
  std::uint64_t split_number = 0;
  std::uint32_t failures = 0; ///< in a row
};

/// What was seen of the requests that a split divides.
struct watch_report {
  std::string deployment;
  std::uint64_t split_number = 0;
  std::shared_ptr<const watch_counters> seen; ///< since the node has had the split
};

/// Asks for it.
struct get_report {};
/// All that a node does. It sends it whole to its leader when something in it has changed, and now and then.
struct node_report {
  std::string node_id;
  std::uint64_t epoch = 0;    ///< of the assignment that it follows
  std::uint64_t revision = 0; ///< likewise
  std::uint64_t sequence = 0; ///< grows with each report of the node
  std::vector<pool_report> pools;
  std::vector<fuse_report> fuses{};
  std::vector<watch_report> watches{};
};

// -- what a deployment needs --------------------------------------------------------------------------------------------------------

/// How far a version that a deployment needs has come, on all its nodes together.
struct version_placed {
  version_number version = 0;
  std::uint64_t sequence = 0; ///< of the demand that it is the state of
  bool loaded = false;        ///< on each of its nodes
  bool started = false;       ///< all wanted replicas have hosts
  bool complete = false;      ///< all wanted replicas serve
  std::uint32_t serving = 0;  ///< replicas
  error failed{};             ///< it can never serve; no message: it may
  std::string unplaced{};     ///< why some of its replicas have no node; empty: all have one
  bool may_pass = false;      ///< `unplaced`: until it is known what nodes are good for
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::version_placed)

namespace troupe {

/// Who hears how far a deployment's versions have come.
using version_listener = caf::typed_actor<caf::reacts_to<version_placed>>;

/// All that a deployment needs. Its actor sends it whole whenever something in it changes; answered once every node that is there routes so.
struct deployment_demand {
  std::string deployment;
  std::uint64_t sequence = 0;    ///< grows with each of this deployment
  std::vector<pool_order> pools; ///< `replicas` over all nodes together
  version_number routed = 0;     ///< 0: its requests go nowhere
  error why_not{};               ///< then they are answered with this
  split_order split{};           ///< of what is routed
  version_listener from;
};
/// It needs nothing any more; answered once no node routes to it.
struct drop_demand {
  std::string deployment;
};
/// Only these deployments are left; what others needed is dropped.
struct retain_demands {
  std::vector<std::string> deployments;
};

/// Asks what the versions of a deployment that are judged did with their requests, as nodes told last.
struct get_traffic {
  std::string deployment;
};
struct node_traffic {
  std::string node_id;
  version_number version = 0;
  work_counters did;              ///< since its pool was made
  std::uint64_t memory_bytes = 0; ///< of its replicas; 0: not measured yet
  std::uint32_t replicas = 0;     ///< that serve
};
struct seen_fuse {
  std::uint64_t split_number = 0;
  blown_fuse what;
};
struct node_watch {
  std::string node_id;
  std::uint64_t split_number = 0;
  std::shared_ptr<const watch_counters> seen;
};
struct traffic_view {
  std::vector<node_traffic> pools;
  std::vector<seen_fuse> fuses;
  std::vector<node_watch> watches;
};

/// Asks what runs of a deployment, on all nodes.
struct get_placement {
  std::string deployment;
};
struct placed_version {
  version_number version = 0;
  bool draining = false; ///< nobody needs it any more
  pool_status status;    ///< of all its pools together
};
struct placement_view {
  std::vector<placed_version> versions;
};

// -- nodes --------------------------------------------------------------------------------------------------------------------------

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::assignment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::assignment_taken)

namespace troupe {

/// Who takes a node's assignments: its pools actor, or the peer that stands for it.
using assignee = caf::typed_actor<caf::replies_to<assignment>::with<assignment_taken>>;

/// A node as the placer sees it.
struct node_view {
  placement_node place; ///< its id, what it has, and whether it may get something
  std::string name;
  assignee takes; ///< of another node
};
/// These are the nodes from now on.
struct nodes_changed {
  std::vector<node_view> nodes;
};

/// Asks for all nodes that belong to the cluster, as this one sees them.
struct list_nodes {};
/// A node as another one sees it.
struct node_info {
  std::string node_id;
  std::string name;
  std::string address; ///< of its cluster port
  std::string state;   ///< "alive", "suspect", "dead", "draining", "left"; of this node itself also "removed"
  wall_time since{};   ///< of the state
  std::string software_version;
  std::map<std::string, std::string> labels;
  bool leads = false;
  bool is_self = false; ///< the one that tells
  double cpu_share = 0; ///< of all its cores, 0 to 1
  std::uint32_t cores = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_free_bytes = 0;
  std::uint32_t replicas = 0;             ///< that serve
  std::chrono::nanoseconds round_trip{0}; ///< 0: not measured
};
struct node_list {
  std::vector<node_info> nodes; ///< by name
  leadership lead;
  bool leader_away = false;              ///< it is suspected or dead
  std::chrono::nanoseconds state_age{0}; ///< since this node last heard from its leader; 0 on the leader
  bool unheard = false;                  ///< it hasn't since it started: `state_age` counts from then
  std::string trouble;                   ///< what a person should mend, and how; empty: nothing
};

// -- who lives ----------------------------------------------------------------------------------------------------------------------

/// What nodes ask each other to find out who lives (cluster/suspicion.hpp); `from` is who the connection says it is. Answered with a probe_message.
struct probe {
  std::string from;
  probe_message message;
};
/// "Do you reach it?"
struct ask_help {
  std::string from;
  std::uint64_t sequence = 0;
  std::string target;
};
struct help_answer {
  help_outcome outcome = help_outcome::not_tried;
};
/// All that the sender knows; answered with all that the other one knows.
struct exchange_members {
  std::string from;
  std::vector<member_news> members;
};
/// This node ends, as it was told to: it says so, so that nobody has to find out.
struct leave_cluster {};
/// This node is called so from now on: another has the name that it came with.
struct rename_self {
  std::string name;
};
/// The leader's registrar tells what it has written of a member.
struct member_changed {
  member_record record;
};

// -- artifacts ----------------------------------------------------------------------------------------------------------------------

/// Asks a node for bytes of an artifact that it has, from `offset` on; not_found if it has none. Nobody has verified them: who has all of them
/// checks their hash.
struct read_artifact {
  std::string sha256;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0; ///< at most; the node may give fewer
};
struct artifact_piece {
  std::uint64_t total_bytes = 0; ///< of the artifact
  std::shared_ptr<const std::string> bytes;
};

/// How much of an artifact is here.
struct fetch_progress {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::uint64_t total_bytes = 0;
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::fetch_progress)

namespace troupe {

/// Who hears how far an artifact has come.
using fetch_listener = caf::typed_actor<caf::reacts_to<fetch_progress>>;

/// Has an artifact brought to this node, if it isn't there. Answered once it is; `not_found` if no node of the cluster has it, `unavailable` if one that
/// is away may have it, `io_failed` if this node's disk is full.
struct fetch_artifact {
  std::string sha256;
  std::string hint{};    ///< the node to ask first; "": the leader
  fetch_listener from{}; ///< empty: nobody listens
};

} // namespace troupe

#define TROUPE_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::type)
TROUPE_MESSAGE(keep_assignment)
TROUPE_MESSAGE(load_assignment)
TROUPE_MESSAGE(kept_assignment)
TROUPE_MESSAGE(fetch_artifact)
TROUPE_MESSAGE(nodes_changed)
TROUPE_MESSAGE(list_nodes)
TROUPE_MESSAGE(probe)
TROUPE_MESSAGE(probe_message)
TROUPE_MESSAGE(ask_help)
TROUPE_MESSAGE(help_answer)
TROUPE_MESSAGE(exchange_members)
TROUPE_MESSAGE(leave_cluster)
TROUPE_MESSAGE(rename_self)
TROUPE_MESSAGE(member_changed)
TROUPE_MESSAGE(node_list)
TROUPE_MESSAGE(pool_news)
TROUPE_MESSAGE(get_report)
TROUPE_MESSAGE(node_report)
TROUPE_MESSAGE(deployment_demand)
TROUPE_MESSAGE(drop_demand)
TROUPE_MESSAGE(retain_demands)
TROUPE_MESSAGE(get_placement)
TROUPE_MESSAGE(placement_view)
TROUPE_MESSAGE(get_traffic)
TROUPE_MESSAGE(traffic_view)
TROUPE_MESSAGE(read_artifact)
TROUPE_MESSAGE(artifact_piece)
#undef TROUPE_MESSAGE
