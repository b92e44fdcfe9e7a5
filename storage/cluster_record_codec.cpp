#include "storage/record_codec.hpp"
#include "storage/record_message.hpp"

#include "runtime/base/sha256.hpp"

#include "schemas/records.capnp.h"

namespace troupe {

std::string encode(const cluster_record& record) {
  capnp::MallocMessageBuilder message;
  auto cluster = message.initRoot<schema::ClusterRecord>();
  cluster.setClusterId(to_text(record.cluster_id));
  cluster.setAuthorityPem(to_text(record.authority_pem));
  cluster.setAuthorityKeyPem(to_text(record.authority_key_pem));
  cluster.setNodeKeyPem(to_text(record.node_key_pem));
  cluster.setNodeCertificatePem(to_text(record.node_certificate_pem));
  cluster.setEpoch(record.lead.epoch);
  cluster.setLeaderId(to_text(record.lead.leader_id));
  cluster.setMandateSignature(to_data(record.lead.signature));
  return to_bytes(message);
}

std::string encode(const member_record& record) {
  capnp::MallocMessageBuilder message;
  write_record(message.initRoot<schema::MemberRecord>(), record);
  return to_bytes(message);
}

std::string encode(const token_record& record) {
  capnp::MallocMessageBuilder message;
  auto token = message.initRoot<schema::TokenRecord>();
  token.setSecretSha256(to_text(record.secret_sha256));
  token.setRole(static_cast<schema::TokenRecord::Role>(record.role));
  token.setCreatedUnixNs(to_unix_ns(record.created));
  token.setExpiresUnixNs(to_unix_ns(record.expires));
  token.setUsesLeft(record.uses_left);
  auto uses = token.initUsedBy(static_cast<unsigned>(record.used_by.size()));
  for (unsigned i = 0; i < uses.size(); ++i) {
    uses[i].setWho(to_text(record.used_by[i].who));
    uses[i].setPublicKeySha256(to_text(record.used_by[i].public_key_sha256));
    uses[i].setUnixNs(to_unix_ns(record.used_by[i].at));
  }
  token.setCreatedBy(to_text(record.created_by));
  token.setRevoked(record.revoked);
  return to_bytes(message);
}

std::string encode(const user_record& record) {
  capnp::MallocMessageBuilder message;
  auto user = message.initRoot<schema::UserRecord>();
  user.setName(to_text(record.name));
  user.setRole(static_cast<schema::TokenRecord::Role>(record.role));
  user.setGivenUnixNs(to_unix_ns(record.given));
  user.setExpiresUnixNs(to_unix_ns(record.expires));
  user.setTokenId(to_text(record.token_id));
  user.setRevokedUnixNs(to_unix_ns(record.revoked));
  return to_bytes(message);
}

result<cluster_record> decode_cluster(std::string_view bytes) {
  return decode<schema::ClusterRecord, cluster_record>(
      bytes, "cluster record", [](schema::ClusterRecord::Reader from, cluster_record& to) {
        to.cluster_id = to_string(from.getClusterId());
        to.authority_pem = to_string(from.getAuthorityPem());
        to.authority_key_pem = to_string(from.getAuthorityKeyPem());
        to.node_key_pem = to_string(from.getNodeKeyPem());
        to.node_certificate_pem = to_string(from.getNodeCertificatePem());
        to.lead = {from.getEpoch(), to_string(from.getLeaderId()), from_data(from.getMandateSignature())};
        return is_unique_id(to.cluster_id);
      });
}

result<member_record> decode_member(std::string_view bytes) {
  return decode<schema::MemberRecord, member_record>(
      bytes, "member", [](schema::MemberRecord::Reader from, member_record& to) { return read_record(from, to); });
}

result<token_record> decode_token(std::string_view bytes) {
  return decode<schema::TokenRecord, token_record>(bytes, "token", [](schema::TokenRecord::Reader from, token_record& to) {
    to.secret_sha256 = to_string(from.getSecretSha256());
    to.role = static_cast<cluster_role>(from.getRole());
    to.created = from_unix_ns(from.getCreatedUnixNs());
    to.expires = from_unix_ns(from.getExpiresUnixNs());
    to.uses_left = from.getUsesLeft();
    for (auto use : from.getUsedBy())
      to.used_by.push_back({to_string(use.getWho()), to_string(use.getPublicKeySha256()), from_unix_ns(use.getUnixNs())});
    to.created_by = to_string(from.getCreatedBy());
    to.revoked = from.getRevoked();
    return is_sha256(to.secret_sha256) && static_cast<unsigned>(from.getRole()) <= static_cast<unsigned>(last_cluster_role);
  });
}

result<user_record> decode_user(std::string_view bytes) {
  return decode<schema::UserRecord, user_record>(bytes, "user", [](schema::UserRecord::Reader from, user_record& to) {
    to.name = to_string(from.getName());
    to.role = static_cast<cluster_role>(from.getRole());
    to.given = from_unix_ns(from.getGivenUnixNs());
    to.expires = from_unix_ns(from.getExpiresUnixNs());
    to.token_id = to_string(from.getTokenId());
    to.revoked = from_unix_ns(from.getRevokedUnixNs());
    return !to.name.empty() && (to.role == cluster_role::admin || to.role == cluster_role::client);
  });
}

} // namespace troupe
