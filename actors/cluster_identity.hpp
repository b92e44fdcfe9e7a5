#pragma once

#include "cluster/authority.hpp"
#include "storage/cluster_store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a node keeps of the cluster that it belongs to, so that it comes back by itself. Blocks on the store; no actor.
namespace troupe {

/// How a node appears to the others.
struct own_node {
  std::string node_id;
  std::string name;
  std::string address; ///< of its cluster port
  std::map<std::string, std::string> labels;
};

/// What a node that was let in keeps.
struct granted_membership {
  std::string authority_pem;
  std::string certificate_pem;
  leadership lead;
};

/// The cluster of this node, or nothing if it belongs to none. `failed_precondition` if the store is the copy of another node's.
result<std::optional<cluster_record>> own_cluster(const cluster_store& records, const std::string& node_id);

/// Makes a cluster of this node alone, which leads it in epoch 1. Errors: `already_exists` (it belongs to one), `invalid_argument` (no name, no address),
/// or what the store answers; likewise below.
result<cluster_record> found_cluster(cluster_store& records, const own_node& self, const certificate_term& term);

/// What a member knew of its cluster before it took the lead.
struct own_membership {
  std::string node_id;
  cluster_record cluster;
  std::vector<member_record> members;
  bool displaces = false; ///< it may lead though it knows of a leader after the one that the backup is of
};

struct lead_taken {
  cluster_record record;
  std::vector<std::string> warnings; ///< what the backup didn't know, for people
};

/// Makes the member `self` the leader of the cluster whose state `records` holds, restored from a backup of a leader's: in an epoch above all that either
/// knows, and with the members that it knows besides. Tokens are revoked: nobody knows how often they were used since. Errors: `failed_precondition` (of
/// no cluster or another one, no leader's, this node was removed, or there was another leader since), or what the store answers.
result<lead_taken> take_lead(cluster_store& records, const own_membership& self, const certificate_term& term);

/// Makes a new node of this id the leader in the place of the one whose backup `records` holds, which is gone with its disk: with its name, address and labels,
/// but a key of its own. The one that is gone counts as removed. Errors as in take_lead.
result<lead_taken> inherit_lead(cluster_store& records, const std::string& node_id, const certificate_term& term);

/// The key with which this node asks to be let into the cluster: made once, and on disk when it returns. So an answer that gets lost costs no second use of a
/// token: whoever asks again with the same key is let in again.
result<private_key> joining_key(cluster_store& records, const std::string& cluster_id);

/// Keeps that this node was let in, instead of what it belonged to before. `invalid_argument` if the parts don't belong together.
result<cluster_record> save_membership(cluster_store& records, const std::string& node_id, const private_key& key,
                                       const granted_membership& given);

/// Keeps who the members are, as another node told, so that this one finds them when it starts again.
result<void> keep_members(cluster_store& records, const std::vector<member_record>& members);

/// Keeps a certificate that was renewed. `invalid_argument` if it isn't for this node's key, or not of its authority.
result<void> save_certificate(cluster_store& records, const std::string& certificate_pem);

/// Keeps who leads, if that is news. A node that led forgets the authority's key. Errors: `conflict` (an older epoch, or a second leader in this one), or
/// those of check_mandate.
result<void> save_leadership(cluster_store& records, const leadership& lead);

} // namespace troupe
