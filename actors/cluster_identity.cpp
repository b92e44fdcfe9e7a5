#include "actors/cluster_identity.hpp"

#include "cluster/certificates.hpp"
#include "cluster/mandate.hpp"
#include "cluster/member_check.hpp"
#include "cluster/random_bytes.hpp"
#include "runtime/base/hex.hpp"
#include "runtime/base/ids.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t cluster_id_bytes = 16;

error no_cluster() {
  return {error_code::failed_precondition, "this node belongs to no cluster; start it with --join and a token"};
}

result<void> check_self(const own_node& self) {
  if (!is_unique_id(self.node_id))
    return error{error_code::invalid_argument, "a node's id is 32 lower-case hex digits"};
  for (const auto& good : {check_node_name(self.name), check_node_address(self.address), check_labels(self.labels)})
    if (!good)
      return good;
  return {};
}

result<cluster_record> need_cluster(const cluster_store& records) {
  auto found = records.cluster();
  if (!found)
    return found.failure();
  if (!*found)
    return no_cluster();
  return **found;
}

/// Makes `record` that of the leader `self`, with a new key, in this epoch, and `member` to go with it.
result<void> give_lead(cluster_record& record, member_record& member, const authority& owner, const own_node& self,
                       const certificate_term& term, std::uint64_t epoch) {
  auto key = private_key::make();
  auto certificate = owner.issue_node(self.node_id, key.public_key(), term);
  if (!certificate)
    return certificate.failure();
  record.cluster_id = owner.cluster_id();
  record.authority_pem = owner.certificate_pem();
  record.authority_key_pem = owner.key_pem();
  record.node_key_pem = key.pem();
  record.node_certificate_pem = *certificate;
  record.lead = owner.grant(epoch, self.node_id);
  member.node_id = self.node_id;
  member.name = self.name;
  member.address = self.address;
  member.public_key = key.public_key();
  member.labels = self.labels;
  member.joined = term.now;
  member.removed = member.draining = false;
  return {};
}

result<cluster_record> write(cluster_store& records, cluster_record record, std::vector<member_record> members) {
  auto written = records.commit({record, std::move(members), {}, {}});
  if (!written)
    return written.failure();
  record.revision = *written;
  return record;
}

result<void> check_membership(const std::string& node_id, const private_key& key, const granted_membership& given) {
  auto facts = facts_of(given.certificate_pem);
  if (!facts)
    return facts.failure();
  if (facts->common_name != node_id || facts->organization != to_string(cluster_role::node)
      || facts->public_key != key.public_key() || !is_issued_by(given.certificate_pem, given.authority_pem))
    return error{error_code::invalid_argument,
                 "the certificate is not this node's, or not of this cluster's authority; join again"};
  return check_mandate(given.lead, given.authority_pem);
}

} // namespace

result<std::optional<cluster_record>> own_cluster(const cluster_store& records, const std::string& node_id) {
  auto found = records.cluster();
  if (!found || !*found)
    return found;
  auto facts = facts_of((*found)->node_certificate_pem);
  if (!facts)
    return error{error_code::corrupt, "the stored certificate of this node is damaged; restore the data folder from a backup"};
  if (facts->common_name != node_id)
    return error{error_code::failed_precondition,
                 "this data folder is a copy of node " + facts->common_name
                     + "'s; start it with --join and a token to make it a new node of that cluster, or restore the backup with "
                       "--lead if that node is gone and led it"};
  return found;
}

result<cluster_record> found_cluster(cluster_store& records, const own_node& self, const certificate_term& term) {
  if (auto good = check_self(self); !good)
    return good.failure();
  auto found = records.cluster();
  if (!found)
    return found.failure();
  if (*found)
    return error{error_code::already_exists,
                 "this node belongs to cluster " + (*found)->cluster_id + "; to found another, use a new data folder"};
  cluster_record record;
  member_record member;
  auto owner = authority::make(to_hex(random_bytes(cluster_id_bytes)), term.now);
  if (auto given = give_lead(record, member, owner, self, term, 1); !given)
    return given.failure();
  return write(records, std::move(record), {std::move(member)});
}

result<cluster_record> take_lead(cluster_store& records, const own_node& self, const certificate_term& term) {
  if (auto good = check_self(self); !good)
    return good.failure();
  auto record = need_cluster(records);
  if (!record)
    return record.failure();
  if (record->authority_key_pem.empty())
    return error{error_code::failed_precondition,
                 "only the leader's data hold what it takes to lead, and these are another node's; use a backup of the leader"};
  auto owner = authority::load(record->authority_pem, record->authority_key_pem);
  if (!owner)
    return owner.failure();
  auto members = records.members();
  if (!members)
    return members.failure();
  member_record own;
  for (const auto& member : *members) {
    if (member.node_id == self.node_id)
      own = member;
    else if (member.name == self.name && !member.removed)
      return error{error_code::already_exists, "another node is named '" + self.name + "'; choose another name with --name"};
  }
  if (auto given = give_lead(*record, own, *owner, self, term, record->lead.epoch + 1); !given)
    return given.failure();
  return write(records, std::move(*record), {std::move(own)});
}

result<cluster_record> save_membership(cluster_store& records, const std::string& node_id, const private_key& key,
                                       const granted_membership& given) {
  if (auto good = check_membership(node_id, key, given); !good)
    return good.failure();
  auto before = records.cluster();
  if (!before)
    return before.failure();
  cluster_record record;
  record.cluster_id = facts_of(given.authority_pem)->common_name;
  record.authority_pem = given.authority_pem;
  record.node_key_pem = key.pem();
  record.node_certificate_pem = given.certificate_pem;
  record.lead = given.lead;
  record.revision = *before ? (*before)->revision : 0;
  return write(records, std::move(record), {});
}

result<void> keep_members(cluster_store& records, const std::vector<member_record>& members) {
  cluster_change change;
  for (auto member : members) {
    auto before = records.member(member.node_id);
    if (!before)
      return before.failure();
    member.revision = *before ? (*before)->revision : 0;
    change.members.push_back(std::move(member));
  }
  if (change.members.empty())
    return {};
  auto written = records.commit(change);
  return written ? result<void>() : result<void>(written.failure());
}

result<void> save_certificate(cluster_store& records, const std::string& certificate_pem) {
  auto record = need_cluster(records);
  if (!record)
    return record.failure();
  auto facts = facts_of(certificate_pem);
  auto before = facts_of(record->node_certificate_pem);
  if (!facts || !before)
    return facts ? before.failure() : facts.failure();
  if (facts->public_key != before->public_key || facts->common_name != before->common_name
      || !is_issued_by(certificate_pem, record->authority_pem))
    return error{error_code::invalid_argument, "the certificate is not for this node and its key; renew it again"};
  record->node_certificate_pem = certificate_pem;
  auto written = write(records, std::move(*record), {});
  return written ? result<void>() : written.failure();
}

result<void> save_leadership(cluster_store& records, const leadership& lead) {
  auto record = need_cluster(records);
  if (!record)
    return record.failure();
  if (auto good = check_mandate(lead, record->authority_pem); !good)
    return good;
  if (lead.epoch == record->lead.epoch && lead.leader_id == record->lead.leader_id)
    return {};
  if (lead.epoch <= record->lead.epoch)
    return error{error_code::conflict, "node " + lead.leader_id + " leads in epoch " + std::to_string(lead.epoch) + ", and node "
                                           + record->lead.leader_id + " in epoch " + std::to_string(record->lead.epoch)
                                           + "; stop the one that was replaced"};
  record->lead = lead;
  wipe(record->authority_key_pem);
  auto written = write(records, std::move(*record), {});
  return written ? result<void>() : written.failure();
}

} // namespace troupe
