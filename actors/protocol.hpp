#pragma once

#include "actors/cluster_messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

/// Every actor's interface, on one page. Reading it is reading the architecture.
namespace troupe {

/// Extends `supervised_actor` (messages.hpp), as every interface here does: `get_status` and `await_ready`.
using supervisor_actor = supervised_actor::extend<
    // Starts one more child; answers when it is ready, or with the error it failed with.
    caf::replies_to<start_child>::with<child_up>,
    // Stops and forgets a child; answers when it is down.
    caf::replies_to<stop_child>::with<child_down>,
    // Stops and starts a child; answers when it is ready again.
    caf::replies_to<restart_child>::with<child_up>,
    // Announces every new handle to the listener, and every death.
    caf::reacts_to<watch_children>>;

/// Keeps what must survive: deployments, versions, artifacts, what the node was told to do. The only one that touches the disk for them.
using keeper_actor = supervised_actor::extend<
    // Gives a deployment with its versions.
    caf::replies_to<load_deployment>::with<stored_deployment>,
    // Gives the names of all deployments.
    caf::replies_to<list_names>::with<name_list>,
    // Writes a change; answers once it is synced.
    caf::replies_to<save_change>::with<saved>,
    // Erases a deployment whose records can't be read.
    caf::replies_to<forget_deployment>::with<done>,
    // Removes the artifacts that nothing needs.
    caf::reacts_to<collect_artifacts>,
    // Begins to take an artifact in.
    caf::replies_to<begin_upload>::with<upload_ticket>,
    // Takes the artifact's next bytes.
    caf::replies_to<upload_chunk>::with<done>,
    // Verifies and keeps it; answers once it is durable.
    caf::replies_to<finish_upload>::with<done>,
    // Forgets it.
    caf::reacts_to<drop_upload>,
    // Says whether an artifact is there.
    caf::replies_to<find_artifact>::with<done>,
    // Opens an artifact, verified.
    caf::replies_to<open_artifact>::with<artifact>,
    // Gives bytes of an artifact, unverified.
    caf::replies_to<read_artifact>::with<artifact_piece>,
    // Keeps what the node was told to do; answers once that is synced.
    caf::replies_to<keep_assignment>::with<done>,
    // Gives what it kept last.
    caf::replies_to<load_assignment>::with<kept_assignment>>;

/// Brings artifacts from other nodes.
using fetcher_actor = supervised_actor::extend<
    // Answers once the artifact is on this node, or with why it isn't.
    caf::replies_to<fetch_artifact>::with<done>,
    // An artifact that is on its way has come further.
    caf::reacts_to<fetch_progress>>;

/// Copies what the node keeps, while it works on. One backup at a time.
using archivist_actor = supervised_actor::extend<
    // Makes a backup; answers once it is complete and synced.
    caf::replies_to<make_backup>::with<backup_made>>;

/// Knows who belongs to the cluster, on its leader: members, tokens, certificates.
using registrar_actor = supervised_actor::extend<
    // Makes a token for joining; answers once it is durable.
    caf::replies_to<create_token>::with<token_made>,
    // Tells of all tokens, but for their secrets.
    caf::replies_to<list_tokens>::with<token_list>,
    // Makes a token useless; answers once that is durable.
    caf::replies_to<revoke_token>::with<done>,
    // Tells of all users.
    caf::replies_to<list_users>::with<user_list>,
    // Puts a user out; answers once that is durable.
    caf::replies_to<revoke_user>::with<done>,
    // Lets a node in, once that is durable, or says why not.
    caf::replies_to<enrol>::with<enrolled>,
    // Gives a user a certificate, or says why not.
    caf::replies_to<enrol_user>::with<user_enrolled>,
    // Gives a member another certificate.
    caf::replies_to<renew_certificate>::with<certificate_issued>,
    // Tells of all members.
    caf::replies_to<list_members>::with<member_list>,
    // Puts a node out for ever; answers once that is durable.
    caf::replies_to<remove_member>::with<done>,
    // Has a node's work moved away, or given back to it; answers once that is durable.
    caf::replies_to<set_draining>::with<done>,
    // Takes a member's new address and labels; answers once they are durable.
    caf::replies_to<update_member>::with<done>>;

/// Keeps the events.
using journal_actor = supervised_actor::extend<
    // Takes an event in.
    caf::reacts_to<note_event>,
    // Gives the newest ones.
    caf::replies_to<query_events>::with<event_list>>;

/// Publishes the routing table.
using router_actor = supervised_actor::extend<
    // Publishes a table; answers once every new request goes by it.
    caf::replies_to<set_routes>::with<done>>;

/// Tries a version in a throw-away host, once.
using validator_actor = supervised_actor::extend<
    // Answers with what it found, or with what is wrong with the version.
    caf::replies_to<validate>::with<validation>>;

/// One running copy of a version.
using replica_actor = supervised_actor::extend<
    // Its host is up and warmed.
    caf::reacts_to<host_up>,
    // It gets no host.
    caf::reacts_to<host_failed>,
    // Its host is gone.
    caf::reacts_to<host_exited>>;

/// The replicas of one version on this node, and the template they are forked from.
using pool_actor = supervised_actor::extend<
    // Forks a host for a replica, as soon as there is a template.
    caf::reacts_to<want_host>,
    // A replica tells what has become of it.
    caf::reacts_to<replica_changed>,
    // The template is loaded.
    caf::reacts_to<template_up>,
    // It could not be loaded.
    caf::reacts_to<template_failed>,
    // It is gone.
    caf::reacts_to<template_exited>,
    // Changes the wanted replicas.
    caf::reacts_to<set_replicas>,
    // It may start its replicas.
    caf::reacts_to<proceed>>;

/// Who a pool tells of itself.
using pool_owner = caf::typed_actor<
    // A pool has changed.
    caf::reacts_to<pool_news>>;

/// What this node runs: does what its assignment says, and tells the placer what became of it.
using pools_actor = supervised_actor::extend<
    // Takes an assignment; answers once requests are routed by it.
    caf::replies_to<assignment>::with<assignment_taken>,
    // Tells what it runs.
    caf::replies_to<get_report>::with<node_report>,
    // A pool has changed.
    caf::reacts_to<pool_news>,
    // A pool is up, under a new handle.
    caf::reacts_to<child_up>,
    // A pool's handle is dead.
    caf::reacts_to<child_down>>;

/// Stands for another node.
using peer_actor = caf::typed_actor<
    // Hands it an assignment.
    caf::replies_to<assignment>::with<assignment_taken>>;

/// Which nodes there are, and which of them live.
using membership_actor = supervised_actor::extend<
    // Tells of all nodes, as this one sees them.
    caf::replies_to<list_nodes>::with<node_list>,
    // Another node looks whether this one lives.
    caf::replies_to<probe>::with<probe_message>,
    // Another node doesn't reach a third one: does this one?
    caf::replies_to<ask_help>::with<help_answer>,
    // Another node tells all that it knows.
    caf::replies_to<exchange_members>::with<exchange_members>,
    // The registrar has written something of a member.
    caf::reacts_to<member_changed>,
    // This node ends: others are to send it nothing more.
    caf::replies_to<leave_cluster>::with<done>,
    // It has another name.
    caf::reacts_to<rename_self>>;

/// The leader's: decides which node runs what, and has them do it.
using placer_actor = supervised_actor::extend<
    // Takes what a deployment needs; answers once every node that is there routes so.
    caf::replies_to<deployment_demand>::with<done>,
    // Forgets what a deployment needed; answers once no node that is there routes to it.
    caf::replies_to<drop_demand>::with<done>,
    // Drops what all but these deployments needed.
    caf::reacts_to<retain_demands>,
    // A node tells what it runs.
    caf::reacts_to<node_report>,
    // The nodes are others, or in another state.
    caf::reacts_to<nodes_changed>,
    // The users are others; nodes hear which of them are let in no more.
    caf::reacts_to<user_list>,
    // Tells what runs of a deployment.
    caf::replies_to<get_placement>::with<placement_view>,
    // Tells what judged versions of a deployment did.
    caf::replies_to<get_traffic>::with<traffic_view>>;

/// Who hears, about once a second, what is known of a rollout's candidate.
using rollout_listener = caf::typed_actor<caf::reacts_to<rollout_seen>>;
/// Judges the candidate of one rollout.
using rollout_actor = caf::typed_actor<
    // A split is in force.
    caf::reacts_to<judge_split>>;

/// One deployment: which versions there are, which one serves, which one is coming. Owns their record.
using deployment_actor = supervised_actor::extend<
    // Makes a new version; answers once that is durable.
    caf::replies_to<deploy>::with<deployed>,
    // Changes the wanted replicas; answers once that is durable.
    caf::replies_to<scale>::with<done>,
    // Removes the deployment; answers once that is durable and nothing routes to it.
    caf::replies_to<undeploy>::with<done>,
    // Answers when a version serves, or with the error it failed with.
    caf::replies_to<await_version>::with<done>,
    // Goes back to a version; answers once that is durable.
    caf::replies_to<rollback>::with<deployed>,
    // Does to the target's stages what a person wants; answers once that is durable.
    caf::replies_to<steer_rollout>::with<done>,
    // Answers once a version has moved on.
    caf::replies_to<watch_version>::with<version_progress>,
    // Tells all there is to know.
    caf::replies_to<get_deployment>::with<deployment_view>,
    // A version has come further, or fallen back.
    caf::reacts_to<version_placed>,
    // What its judge sees of the target.
    caf::reacts_to<rollout_seen>>;

/// All deployments of this node: finds the one that a command is for, makes it if it is new.
using catalog_actor =
    supervised_actor::extend<caf::replies_to<deploy>::with<deployed>, caf::replies_to<scale>::with<done>,
                             caf::replies_to<undeploy>::with<done>, caf::replies_to<await_version>::with<done>,
                             caf::replies_to<rollback>::with<deployed>, caf::replies_to<steer_rollout>::with<done>,
                             caf::replies_to<watch_version>::with<version_progress>,
                             // Tries a model without deploying it.
                             caf::replies_to<validate_model>::with<validation>,
                             // Tells of all deployments, or of one.
                             caf::replies_to<list_deployments>::with<deployment_list>,
                             // A deployment is up, under a new handle.
                             caf::reacts_to<child_up>,
                             // A deployment's handle is dead.
                             caf::reacts_to<child_down>>;

} // namespace troupe
