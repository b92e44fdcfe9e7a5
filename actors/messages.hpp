#pragma once

#include "cluster/joining.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/event.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/policy/rollout_plan.hpp"
#include "runtime/policy/stop_ladder.hpp"
#include "runtime/policy/supervision_plan.hpp"
#include "runtime/serving/hosts.hpp"
#include "runtime/serving/routing_table.hpp"
#include "runtime/serving/trial.hpp"
#include "storage/state_store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/local_actor.hpp>
#include <caf/make_message.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// What actors say to each other. Nothing here ever leaves the process, so no message type is serializable.
namespace troupe {

// -- every actor ------------------------------------------------------------------------------------------------------------------

/// Asks for the actor's status and that of everything below it. The answer comes within `patience`; what has stayed silent until then
/// is in it as "silent".
struct get_status {
  std::chrono::nanoseconds patience = std::chrono::seconds(1);
};

/// One actor in the live tree.
struct actor_status {
  std::string name;           ///< within its parent
  std::string kind;           ///< "supervisor", "pool", "replica"…
  std::string state;          ///< the behaviour it is in
  steady_time since{};        ///< of its start
  std::uint32_t restarts = 0; ///< by its supervisor
  std::string detail;         ///< for a person, e.g. the last failure
  std::vector<actor_status> children;
};

/// Asks a child whether it can work. It answers once it can (now or later), or with the error that it gives up with.
struct await_ready {};
/// Yes.
struct ready {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::get_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actor_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::await_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ready)

namespace troupe {

/// Our errors inside CAF's; `actors/errors.hpp` has the way back.
inline caf::error make_error(error_code code, std::string message = {}) {
  return caf::error(static_cast<std::uint8_t>(code), caf::atom("troupe"), caf::make_message(std::move(message)));
}

} // namespace troupe

// -- supervision ------------------------------------------------------------------------------------------------------------------

namespace troupe {

/// What a supervisor asks of its children; every actor's interface extends it.
using supervised_actor = caf::typed_actor<
    // Tells its status and that of everything below it.
    caf::replies_to<get_status>::with<actor_status>,
    // Answers once it can work.
    caf::replies_to<await_ready>::with<ready>>;

/// A child as its supervisor knows it: data, so that the tree can be read off the lists.
struct child_spec {
  std::string id;   ///< unique within its supervisor
  std::string kind; ///< for people: "pool", "replica"…
  /// Makes the actor, detached or not as the starter decides. Called again for each restart. An invalid handle or an exception is a
  /// failed start.
  std::function<supervised_actor(caf::local_actor& parent)> start;
  restart_type restart = restart_type::permanent;
  shutdown_policy shutdown{}; ///< a supervisor's should outlast those of its children together
  std::chrono::nanoseconds ready_deadline = std::chrono::seconds(30); ///< for its answer to `await_ready`
};

/// Adds a child behind the others and starts it. A child whose first start fails is not kept.
struct start_child {
  child_spec spec;
};
/// Stops a child and forgets it.
struct stop_child {
  std::string id;
};
/// Stops a child and starts it anew, without this counting as a failure.
struct restart_child {
  std::string id;
};

/// The child is ready, under a new handle.
struct child_up {
  std::string id;
  supervised_actor handle;
};
/// The child's last handle is dead. No reason (`caf::none`) or `user_shutdown`: it stopped as it should.
struct child_down {
  std::string id;
  caf::error reason;
};

/// Who hears of a supervisor's children.
using child_listener = caf::typed_actor<caf::reacts_to<child_up>, caf::reacts_to<child_down>>;

/// From now on the listener gets `child_up` and `child_down`, beginning with a `child_up` for each child that is up.
struct watch_children {
  child_listener listener;
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::start_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::stop_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::restart_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::child_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::child_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::watch_children)

// -- keeper: what must survive ----------------------------------------------------------------------------------------------------

namespace troupe {

/// Done, and durable where that was asked for.
struct done {};

/// Asks for a deployment and its versions; not_found if it isn't in the store.
struct load_deployment {
  std::string name;
};
struct stored_deployment {
  deployment_record record;
  std::vector<version_record> versions; ///< ascending
};

/// Asks for the names of all deployments.
struct list_names {};
struct name_list {
  std::vector<std::string> names;
};

/// Writes the change, all or nothing, and answers once it is synced.
struct save_change {
  state_change change;
};
struct saved {
  revision_number revision = 0; ///< of the deployments that were written
};

/// Begins to take an artifact in. One that is there already gives no ticket.
struct begin_upload {
  std::string sha256; ///< 64 lower-case hex digits
  std::uint64_t bytes = 0;
  bool resumes = false; ///< goes on where the last one of this kind ended; one at a time for an artifact
};
struct upload_ticket {
  std::uint64_t id = 0; ///< 0: the artifact is there
  /// The upload is forgotten once the last copy of this is gone, wherever that happens: so one that nobody asks for any more holds no place. What one that
  /// resumes has brought stays.
  std::shared_ptr<void> lease{};
  std::uint64_t offset = 0; ///< the first byte that is missing
};
struct upload_chunk {
  std::uint64_t id = 0;
  std::shared_ptr<const std::string> bytes;
};
/// Verifies the artifact and keeps it.
struct finish_upload {
  std::uint64_t id = 0;
};
/// Forgets an upload that will not be finished.
struct drop_upload {
  std::uint64_t id = 0;
};

/// Erases a deployment whose records can't be read.
struct forget_deployment {
  std::string name;
};
/// Removes the artifacts, and what of some is there in part, that no version and nothing that the node was told to run needs; those that were uploaded or
/// asked for lately stay.
struct collect_artifacts {};

/// Asks whether an artifact is there; not_found if it isn't.
struct find_artifact {
  std::string sha256;
};
/// Asks for an artifact, verified.
struct open_artifact {
  std::string sha256;
};
struct artifact {
  std::shared_ptr<unique_fd> file; ///< read-only
};

// -- archivist --------------------------------------------------------------------------------------------------------------------

/// Writes all that the node keeps into a new folder.
struct make_backup {
  std::string folder; ///< absolute
};
struct backup_made {
  std::string folder;
  std::uint32_t files = 0;
  std::uint64_t bytes = 0;
};

// -- registrar: who belongs to the cluster -----------------------------------------------------------------------------------------

/// Makes a token for joining.
struct create_token {
  cluster_role role = cluster_role::node;
  std::chrono::nanoseconds lifetime = std::chrono::hours(1);
  std::uint32_t uses = 1;
  std::string by{}; ///< who wants it
};
struct token_made {
  std::string text; ///< a secret: shown once, and kept nowhere
  std::string id;
  wall_time expires{};
};
struct list_tokens {};
struct token_list {
  std::vector<token_record> tokens; ///< newest first
};
/// Makes a token useless.
struct revoke_token {
  std::string id; ///< its first digits, as many as tell it from the others; or the token itself
};

/// Everybody who got a certificate that may still hold.
struct list_users {};
struct user_list {
  std::vector<user_record> users; ///< by name
};
/// No node lets in who is called so, by whatever certificate he has now, nor takes the tokens that he came by.
struct revoke_user {
  std::string name;
  std::string by{}; ///< who wants it
};

/// Lets a node in, or in again; answered with `enrolled` (cluster/joining.hpp), as the next is with `user_enrolled`.
struct enrol {
  join_request who;
  std::string nonce; ///< that this side gave the node on its connection
};
/// Gives a user a certificate.
struct enrol_user {
  user_request who;
};
/// Gives a member another certificate for the key that it joined with.
struct renew_certificate {
  std::string node_id; ///< as its connection proved it
};
struct certificate_issued {
  std::string certificate_pem;
};

struct list_members {};
struct member_list {
  std::vector<member_record> members; ///< by name, without those that were removed
};
/// Puts a node out of the cluster, for ever.
struct remove_member {
  std::string node; ///< its name, its id, or as many of the id's first digits as tell it from the others
};
struct set_draining {
  std::string node; ///< as above
  bool draining = true;
};
/// A member is elsewhere now, or has other labels; or this leader may know nothing of it: its state is from a backup that was made before the node joined.
struct update_member {
  std::string node_id; ///< as its connection proved it
  std::string address;
  std::map<std::string, std::string> labels;
  std::string name{};
  std::string certificate_pem{}; ///< what proves that it was let in; "": nothing does
};

// -- journal ----------------------------------------------------------------------------------------------------------------------

/// Something happened; kept, soon, on disk.
struct note_event {
  event what;
};
/// Asks for the newest events, oldest first.
struct query_events {
  std::string deployment; ///< "": all
  std::uint32_t limit = 0;
  wall_time since{};
  std::uint64_t after = 0; ///< only those with a higher sequence
};
struct event_list {
  std::vector<event> events;
};

// -- router -----------------------------------------------------------------------------------------------------------------------

/// From now on this is the routing table, whole.
struct set_routes {
  std::shared_ptr<const routing_table> table;
};

// -- replica and pool -------------------------------------------------------------------------------------------------------------

enum class replica_phase : std::uint8_t { starting, verifying, serving, draining };

/// As status and events tell it: a replica that serves is "ready".
constexpr const char* to_string(replica_phase phase) {
  switch (phase) {
  case replica_phase::starting: return "starting";
  case replica_phase::verifying: return "verifying";
  case replica_phase::serving: return "ready";
  case replica_phase::draining: return "draining";
  }
  return "unknown";
}

struct replica_info {
  std::uint64_t number = 0;
  replica_phase phase = replica_phase::starting;
  pid_t pid = 0;
  wall_time since{};
  std::uint32_t restarts = 0;
  std::string node_id{}; ///< where it runs; the placer fills it in
  std::string node_name{};
};

/// A replica tells its pool what has become of it.
struct replica_changed {
  replica_info info;
};

/// The host that was wanted is up.
struct host_up {
  std::shared_ptr<replica_host> host;
};
/// There will be none.
struct host_failed {
  error why;
};
/// A host that was up is gone.
struct host_exited {
  std::string reason;
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_exited)

namespace troupe {

/// Who hears of a host.
using host_listener = caf::typed_actor<caf::reacts_to<host_up>, caf::reacts_to<host_failed>, caf::reacts_to<host_exited>>;

/// A replica asks its pool for a host.
struct want_host {
  host_listener from;
};

/// The pool's version is loaded in a template (or that failed), under the number of the attempt.
struct template_up {
  std::uint64_t attempt = 0;
  std::shared_ptr<version_template> made;
};
struct template_failed {
  std::uint64_t attempt = 0;
  error why;
};
struct template_exited {
  std::uint64_t attempt = 0;
  std::string reason;
};

/// A trial of a version on a host, under the number of the attempt, has ended.
struct trial_ended {
  std::uint64_t attempt = 0;
  result<trial_report> outcome;
};

/// Tries a version in a throw-away host; answers with what it found, or with what is wrong.
struct validate {};
struct validation {
  std::chrono::nanoseconds load{0};    ///< load, optimize, warm
  std::uint32_t cases = 0;             ///< golden cases that gave what they should
  std::chrono::nanoseconds slowest{0}; ///< of the golden cases and of one full batch
};

/// A draining actor's message to itself: it may have finished.
struct look_drained {};

/// An actor's message to itself: time to try again what failed.
struct try_again {};

/// So many replicas are wanted from now on.
struct set_replicas {
  std::uint32_t wanted = 0;
};

struct pool_status {
  version_id id;
  pool::counters counters;
  std::vector<replica_info> replicas;
};

// -- deployment -------------------------------------------------------------------------------------------------------------------

/// A pool may start its replicas.
struct proceed {};

/// A deployment's message to itself: nothing is routed to the version's pool any more.
struct retire_pool {
  version_number version = 0;
};
/// From now on all nodes, as far as they can be reached, divide requests by this split. Judging begins anew.
struct judge_split {
  std::uint32_t number = 0; ///< in its rollout
  std::uint64_t order = 0;  ///< the same one's, as nodes are told
  bool is_ab_test = false;
};
/// A deployment's message to itself: this has happened to one of its versions.
struct rollout_happened {
  rollout_event what;
};
/// A deployment's message to itself: this has happened to the stages of its target.
struct course_happened {
  course_event what;
};
/// A deployment's message to itself: the version before need not stay resident, unless `until` has been put off.
struct bake_over {
  wall_time until{};
};

/// Makes a new version of the deployment; answers once that is durable.
struct deploy {
  std::string name;
  std::string artifact_sha256;
  std::string model_toml;
  std::uint32_t replicas = 0;  ///< 0: as before, or as model.toml says
  std::string golden_sha256{}; ///< "": no golden.json
  std::string by{};            ///< who wants it
  std::string rollout_toml{};  ///< how it takes the traffic over; "": at once
  std::string uploaded_to{};   ///< the node that was given the files; "": this one
};
struct deployed {
  version_number version = 0;
};
/// Tries what a deploy would bring, and no more; answers with what it found, or with what is wrong.
struct validate_model {
  std::string artifact_sha256;
  std::string model_toml;
  std::string golden_sha256; ///< "": no golden.json
  std::string uploaded_to{}; ///< as above
};
/// Goes back to a version; answers once that is durable, with the version that answers from now on or is on its way up again.
struct rollback {
  std::string name;
  version_number to = 0; ///< 0: the one before, or the one that is live while a rollout is under way
  version_number from{}; ///< the version that is left, as the caller saw it; 0: whichever
  std::string by{};
};
/// What a person does to a rollout that is under way by stages.
enum class rollout_command : std::uint8_t {
  pause,
  resume,
  promote, ///< the candidate answers all requests, at once
  abort,   ///< it answers none any more
  skip     ///< on to the next stage, at once
};
/// Answers once that is durable.
struct steer_rollout {
  std::string name;
  rollout_command what = rollout_command::pause;
  std::string by{};
};
/// What a version did with its requests since the split that is in force.
struct arm_figures {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::chrono::microseconds p50{0};
  std::chrono::microseconds p99{0};
  std::uint64_t rewards = 0; ///< of an A/B test
  double reward_mean = 0;
  bool is_out = false; ///< proven to be below another, in an A/B test of several versions
};
/// Of another version that an A/B test has.
struct other_figures {
  version_number version = 0;
  arm_figures did;
};
struct rollout_figures {
  arm_figures candidate;
  arm_figures incumbent;
  std::uint64_t copies = 0; ///< sent to the candidate
  std::uint64_t shed = 0;   ///< not sent, because the candidate had enough to do
  std::vector<other_figures> others;
};
/// A gateway has turned back by itself.
struct blown_fuse {
  std::string node_name;
  std::uint32_t failures = 0; ///< in a row
};
/// What is known of a rollout's candidate this moment.
struct rollout_seen {
  course_evidence evidence;
  rollout_figures figures;
  std::optional<blown_fuse> fuse;
};
/// A rollout by stages, while it is under way.
struct rollout_status {
  version_number candidate = 0;
  version_number incumbent = 0;
  rollout_course course;
  permille weight = 0;            ///< of the requests, that the candidate answers
  std::string missing;            ///< why the stage isn't left yet
  std::vector<check_view> checks; ///< in the order of its rollout.toml
  rollout_figures figures;
};
/// Asks how far a version has come; answers once it has made more than `seen` moves or has ended its way up, or `at_once`.
struct watch_version {
  std::string name;
  version_number version = 0;
  std::size_t seen = 0;
  bool at_once = false;
};
struct version_progress {
  version_record record;
};
/// Changes the wanted replicas; answers once that is durable.
struct scale {
  std::string name;
  std::uint32_t replicas = 0;
};
/// Removes the deployment; answers once that is durable and nothing routes to it.
struct undeploy {
  std::string name;
};
/// Answers when the version serves with all its replicas, or with the error it failed with.
struct await_version {
  std::string name;
  version_number version = 0;
};
struct get_deployment {
  std::string name;
};
struct version_view {
  version_record record;
  bool serves = false;   ///< requests go to it
  bool draining = false; ///< no new requests; finishes what it has
  bool resident = false; ///< serves, or could at once
  pool_status pool;      ///< of its pools on all nodes together
  std::string unplaced;  ///< why some of its replicas have no node; empty: all have one
};
struct deployment_view {
  deployment_record record;
  std::vector<version_view> versions; ///< newest first
  std::optional<rollout_status> rollout{};
};
/// Asks for all deployments, or the one of this name.
struct list_deployments {
  std::string name; ///< "": all
};
struct deployment_list {
  std::vector<deployment_view> deployments;
  std::chrono::nanoseconds age{0}; ///< since the leader told it, where it can't be asked now; 0: it is so now
  bool kept = false;               ///< from before this node started: `age` counts from its start
};

} // namespace troupe

#define TROUPE_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::type)
TROUPE_MESSAGE(done)
TROUPE_MESSAGE(load_deployment)
TROUPE_MESSAGE(stored_deployment)
TROUPE_MESSAGE(list_names)
TROUPE_MESSAGE(name_list)
TROUPE_MESSAGE(save_change)
TROUPE_MESSAGE(saved)
TROUPE_MESSAGE(begin_upload)
TROUPE_MESSAGE(upload_ticket)
TROUPE_MESSAGE(upload_chunk)
TROUPE_MESSAGE(finish_upload)
TROUPE_MESSAGE(drop_upload)
TROUPE_MESSAGE(forget_deployment)
TROUPE_MESSAGE(collect_artifacts)
TROUPE_MESSAGE(find_artifact)
TROUPE_MESSAGE(open_artifact)
TROUPE_MESSAGE(artifact)
TROUPE_MESSAGE(make_backup)
TROUPE_MESSAGE(backup_made)
TROUPE_MESSAGE(create_token)
TROUPE_MESSAGE(token_made)
TROUPE_MESSAGE(list_tokens)
TROUPE_MESSAGE(token_list)
TROUPE_MESSAGE(revoke_token)
TROUPE_MESSAGE(list_users)
TROUPE_MESSAGE(user_list)
TROUPE_MESSAGE(revoke_user)
TROUPE_MESSAGE(enrol)
TROUPE_MESSAGE(enrolled)
TROUPE_MESSAGE(enrol_user)
TROUPE_MESSAGE(user_enrolled)
TROUPE_MESSAGE(renew_certificate)
TROUPE_MESSAGE(certificate_issued)
TROUPE_MESSAGE(list_members)
TROUPE_MESSAGE(member_list)
TROUPE_MESSAGE(remove_member)
TROUPE_MESSAGE(set_draining)
TROUPE_MESSAGE(update_member)
TROUPE_MESSAGE(note_event)
TROUPE_MESSAGE(query_events)
TROUPE_MESSAGE(event_list)
TROUPE_MESSAGE(set_routes)
TROUPE_MESSAGE(replica_changed)
TROUPE_MESSAGE(look_drained)
TROUPE_MESSAGE(try_again)
TROUPE_MESSAGE(want_host)
TROUPE_MESSAGE(template_up)
TROUPE_MESSAGE(template_failed)
TROUPE_MESSAGE(template_exited)
TROUPE_MESSAGE(set_replicas)
TROUPE_MESSAGE(trial_ended)
TROUPE_MESSAGE(validate)
TROUPE_MESSAGE(validation)
TROUPE_MESSAGE(validate_model)
TROUPE_MESSAGE(proceed)
TROUPE_MESSAGE(retire_pool)
TROUPE_MESSAGE(rollout_happened)
TROUPE_MESSAGE(course_happened)
TROUPE_MESSAGE(steer_rollout)
TROUPE_MESSAGE(rollout_seen)
TROUPE_MESSAGE(judge_split)
TROUPE_MESSAGE(bake_over)
TROUPE_MESSAGE(rollback)
TROUPE_MESSAGE(watch_version)
TROUPE_MESSAGE(version_progress)
TROUPE_MESSAGE(deploy)
TROUPE_MESSAGE(deployed)
TROUPE_MESSAGE(scale)
TROUPE_MESSAGE(undeploy)
TROUPE_MESSAGE(await_version)
TROUPE_MESSAGE(get_deployment)
TROUPE_MESSAGE(deployment_view)
TROUPE_MESSAGE(list_deployments)
TROUPE_MESSAGE(deployment_list)
#undef TROUPE_MESSAGE
