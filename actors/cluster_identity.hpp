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

/// Makes this node the leader, in the next epoch, of the cluster that its store was the leader's of: the store was restored from a backup. Errors as above;
/// `failed_precondition` (the store holds no authority's key), `already_exists` (another node has the name).
result<cluster_record> take_lead(cluster_store& records, const own_node& self, const certificate_term& term);

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
