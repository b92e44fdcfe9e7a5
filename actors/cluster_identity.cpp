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

/// Makes `record` that of the leader `self`, with a new key, in the first epoch, and `member` to go with it.
result<void> give_lead(cluster_record& record, member_record& member, const authority& owner, const own_node& self,
                       const certificate_term& term) {
  auto key = private_key::make();
  auto certificate = owner.issue_node(self.node_id, key.public_key(), term, self.address);
  if (!certificate)
    return certificate.failure();
  record.cluster_id = owner.cluster_id();
  record.authority_pem = owner.certificate_pem();
  record.authority_key_pem = owner.key_pem();
  record.node_key_pem = key.pem();
  record.node_certificate_pem = *certificate;
  record.lead = owner.grant(1, self.node_id);
  member.node_id = self.node_id;
  member.name = self.name;
  member.address = self.address;
  member.public_key = key.public_key();
  member.labels = self.labels;
  member.joined = term.now;
  return {};
}

result<cluster_record> write(cluster_store& records, cluster_record record, std::vector<member_record> members) {
  auto written = records.commit({record, std::move(members), {}, {}});
  if (!written)
    return written.failure();
  record.revision = *written;
  return record;
}

// -- taking the lead ----------------------------------------------------------------------------------------------------------------

template <class T>
std::optional<error> failure_of(const result<T>& outcome) {
  return outcome ? std::nullopt : std::optional(outcome.failure());
}

const member_record* find(const std::vector<member_record>& members, const std::string& node_id) {
  auto found =
      std::find_if(members.begin(), members.end(), [&](const member_record& member) { return member.node_id == node_id; });
  return found == members.end() ? nullptr : &*found;
}

result<void> check_backup(const std::optional<cluster_record>& backup, const std::vector<member_record>& members,
                          const own_membership& self) {
  auto refuse = [](std::string why) { return error{error_code::failed_precondition, std::move(why)}; };
  if (!backup)
    return refuse("the backup is of a node that belongs to no cluster; use one of the leader of cluster "
                  + self.cluster.cluster_id);
  if (backup->cluster_id != self.cluster.cluster_id || backup->authority_pem != self.cluster.authority_pem)
    return refuse("the backup is of cluster " + backup->cluster_id + ", and this node is a member of cluster "
                  + self.cluster.cluster_id + "; use a backup of its leader");
  if (backup->authority_key_pem.empty())
    return refuse(
        "the backup is of a node that didn't lead, so it doesn't hold what it takes to lead; use a backup of the leader");
  if (auto own = find(members, self.node_id); own != nullptr && own->removed)
    return refuse("this node was removed from the cluster; run it on another member");
  return {};
}

/// Members that the backup doesn't know, or doesn't know to be removed.
std::vector<member_record> unknown_to_backup(const std::vector<member_record>& backup, const own_membership& self,
                                             std::vector<std::string>& warnings) {
  std::vector<member_record> news;
  for (auto known : self.members) {
    auto before = find(backup, known.node_id);
    if (before != nullptr && (before->removed || !known.removed))
      continue;
    known.revision = before == nullptr ? 0 : before->revision;
    if (known.node_id != self.node_id)
      warnings.push_back("node " + known.name + (known.removed ? " was removed" : " joined")
                         + " after the backup: " + (known.removed ? "it stays removed" : "it stays a member"));
    news.push_back(std::move(known));
  }
  return news;
}

std::vector<token_record> revoked(std::vector<token_record> tokens, wall_time now, std::vector<std::string>& warnings) {
  std::vector<token_record> changed;
  for (auto& token : tokens) {
    if (token.revoked || token.expires <= now || token.uses_left == 0)
      continue;
    token.revoked = true;
    token.expires = now;
    warnings.push_back("token " + token.id()
                       + " is revoked, since nobody knows whether it was used after the backup; make another");
    changed.push_back(std::move(token));
  }
  return changed;
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
    return error{
        error_code::failed_precondition,
        "this data folder is a copy of node " + facts->common_name
            + "'s; start it with --join and a token to make it a new node of that cluster; if that node led it and is gone, "
              "restore its backup with --lead"};
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
  if (auto given = give_lead(record, member, owner, self, term); !given)
    return given.failure();
  return write(records, std::move(record), {std::move(member)});
}

result<lead_taken> take_lead(cluster_store& records, const own_membership& self, const certificate_term& term) {
  auto restored = records.cluster();
  auto members = records.members();
  auto tokens = records.tokens();
  for (const auto& why : {failure_of(restored), failure_of(members), failure_of(tokens)})
    if (why)
      return *why;
  if (auto good = check_backup(*restored, *members, self); !good)
    return good.failure();
  auto& record = **restored;
  auto owner = authority::load(record.authority_pem, record.authority_key_pem);
  auto key = private_key::from_pem(self.cluster.node_key_pem);
  if (!owner || !key)
    return owner ? key.failure() : owner.failure();
  auto own = find(self.members, self.node_id);
  auto certificate = owner->issue_node(self.node_id, key->public_key(), term, own == nullptr ? "" : own->address);
  if (!certificate)
    return certificate.failure();
  lead_taken taken;
  cluster_change change;
  if (record.lead.epoch < self.cluster.lead.epoch) {
    auto since = "the backup is of epoch " + std::to_string(record.lead.epoch) + ", and node " + self.cluster.lead.leader_id
                 + " has led since in epoch " + std::to_string(self.cluster.lead.epoch);
    if (!self.displaces)
      return error{
          error_code::failed_precondition,
          since + ": take a backup of that one, or say with --yes that it is lost, too, with all that was changed under it"};
    taken.warnings.push_back(since + ": what was changed under it is lost");
  }
  change.members = unknown_to_backup(*members, self, taken.warnings);
  change.tokens = revoked(std::move(*tokens), term.now, taken.warnings);
  record.node_key_pem = self.cluster.node_key_pem;
  record.node_certificate_pem = *certificate;
  record.lead = owner->grant(std::max(record.lead.epoch, self.cluster.lead.epoch) + 1, self.node_id);
  change.cluster = record;
  auto written = records.commit(change);
  if (!written)
    return written.failure();
  record.revision = *written;
  taken.record = std::move(record);
  return taken;
}

result<lead_taken> inherit_lead(cluster_store& records, const std::string& node_id, const certificate_term& term) {
  auto restored = need_cluster(records);
  if (!restored)
    return restored.failure();
  auto gone = records.member(restored->lead.leader_id);
  if (!gone)
    return gone.failure();
  if (!*gone)
    return error{error_code::failed_precondition, "the backup doesn't know the leader that it is of; use another backup"};
  auto key = private_key::make();
  auto heir = **gone;
  heir.node_id = node_id;
  heir.public_key = key.public_key();
  heir.joined = term.now;
  heir.draining = false;
  heir.revision = 0;
  own_membership self{node_id, std::move(*restored), {std::move(heir)}};
  self.cluster.node_key_pem = key.pem();
  auto taken = take_lead(records, self, term);
  if (!taken)
    return taken;
  auto& leader = **gone;
  taken->warnings.push_back("this is a new node in the place of node " + leader.node_id + ", which led and is " + leader.name
                            + ", too: that one counts as removed, and is refused if it comes back");
  leader.removed = true;
  leader.removed_at = term.now;
  if (auto written = records.commit({{}, {std::move(leader)}, {}, {}}); !written)
    return written.failure();
  return taken;
}

result<private_key> joining_key(cluster_store& records, const std::string& cluster_id) {
  auto before = records.joining();
  if (!before)
    return before.failure();
  if (*before && (*before)->cluster_id == cluster_id)
    return private_key::from_pem((*before)->node_key_pem);
  auto key = private_key::make();
  cluster_change change;
  change.joining.emplace();
  change.joining->cluster_id = cluster_id;
  change.joining->node_key_pem = key.pem();
  change.joining->revision = *before ? (*before)->revision : 0;
  auto written = records.commit(change);
  return written ? result<private_key>(std::move(key)) : written.failure();
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
  cluster_change change;
  change.cluster = record;
  change.joined = true;
  auto written = records.commit(change);
  if (!written)
    return written.failure();
  record.revision = *written;
  return record;
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
