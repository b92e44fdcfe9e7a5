#include "cluster/join_codec.hpp"

#include "storage/record_schema.hpp"

namespace troupe {

void write(capnp::List<schema::MemberRecord::Label>::Builder into, const label_map& from) {
  unsigned next = 0;
  for (const auto& [key, value] : from) {
    into[next].setKey(to_text(key));
    into[next++].setValue(to_text(value));
  }
}

bool read(capnp::List<schema::MemberRecord::Label>::Reader from, label_map& into) {
  if (from.size() > labels_read_max)
    return false;
  for (auto label : from)
    into[to_string(label.getKey())] = to_string(label.getValue());
  return into.size() == from.size();
}

void write(schema::JoinRequest::Builder into, const join_request& from) {
  into.setTokenSecret(to_data(from.token_secret));
  into.setNodeId(to_text(from.node_id));
  into.setName(to_text(from.name));
  into.setAddress(to_text(from.address));
  into.setPublicKey(to_data(from.public_key));
  write(into.initLabels(static_cast<unsigned>(from.labels.size())), from.labels);
  into.setClockUnixNs(to_unix_ns(from.clock));
  into.setProof(to_data(from.proof));
}

bool read(schema::JoinRequest::Reader from, join_request& into) {
  into.token_secret = from_data(from.getTokenSecret());
  into.node_id = to_string(from.getNodeId());
  into.name = to_string(from.getName());
  into.address = to_string(from.getAddress());
  into.public_key = from_data(from.getPublicKey());
  into.clock = from_unix_ns(from.getClockUnixNs());
  into.proof = from_data(from.getProof());
  return read(from.getLabels(), into.labels);
}

void write(schema::UserRequest::Builder into, const user_request& from) {
  into.setTokenSecret(to_data(from.token_secret));
  into.setName(to_text(from.name));
  into.setPublicKey(to_data(from.public_key));
}

bool read(schema::UserRequest::Reader from, user_request& into) {
  into = {from_data(from.getTokenSecret()), to_string(from.getName()), from_data(from.getPublicKey())};
  return true;
}

void write(schema::Enrolled::Builder into, const enrolled& from) {
  into.setCertificate(to_text(from.certificate_pem));
  into.setClusterId(to_text(from.cluster_id));
  into.setAuthority(to_text(from.authority_pem));
  into.setEpoch(from.lead.epoch);
  into.setLeaderId(to_text(from.lead.leader_id));
  into.setSignature(to_data(from.lead.signature));
  auto members = into.initMembers(static_cast<unsigned>(from.members.size()));
  for (unsigned i = 0; i < members.size(); ++i)
    write_record(members[i], from.members[i]);
}

bool read(schema::Enrolled::Reader from, enrolled& into) {
  into.certificate_pem = to_string(from.getCertificate());
  into.cluster_id = to_string(from.getClusterId());
  into.authority_pem = to_string(from.getAuthority());
  into.lead = {from.getEpoch(), to_string(from.getLeaderId()), from_data(from.getSignature())};
  auto members = from.getMembers();
  if (members.size() > members_max)
    return false;
  into.members.resize(members.size());
  for (unsigned i = 0; i < members.size(); ++i)
    if (!read_record(members[i], into.members[i]))
      return false;
  return true;
}

static_assert(static_cast<int>(schema::UserEnrolled::Role::NODE) == static_cast<int>(cluster_role::node));
static_assert(static_cast<int>(schema::UserEnrolled::Role::CLIENT) == static_cast<int>(last_cluster_role));

void write(schema::UserEnrolled::Builder into, const user_enrolled& from) {
  into.setCertificate(to_text(from.certificate_pem));
  into.setClusterId(to_text(from.cluster_id));
  into.setAuthority(to_text(from.authority_pem));
  into.setRole(static_cast<schema::UserEnrolled::Role>(from.role));
}

bool read(schema::UserEnrolled::Reader from, user_enrolled& into) {
  into = {to_string(from.getCertificate()), to_string(from.getClusterId()), to_string(from.getAuthority()),
          static_cast<cluster_role>(from.getRole())};
  return static_cast<unsigned>(from.getRole()) <= static_cast<unsigned>(last_cluster_role);
}

} // namespace troupe
