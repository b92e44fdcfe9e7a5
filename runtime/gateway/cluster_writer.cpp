#include "runtime/gateway/cluster_writer.hpp"

#include "runtime/gateway/control_answer.hpp"
#include "storage/record_schema.hpp"

namespace troupe {

namespace {

std::string leader_name(const node_list& from) {
  for (const auto& node : from.nodes)
    if (node.node_id == from.lead.leader_id)
      return node.name;
  return from.lead.leader_id;
}

void write_labels(capnp::List<schema::ClusterNode::Label>::Builder into, const std::map<std::string, std::string>& from) {
  unsigned i = 0;
  for (const auto& [key, value] : from) {
    into[i].setKey(key.c_str());
    into[i++].setValue(value.c_str());
  }
}

void write(schema::ClusterNode::Builder into, const node_info& from) {
  into.setId(from.node_id.c_str());
  into.setName(from.name.c_str());
  into.setAddress(from.address.c_str());
  into.setState(from.state.c_str());
  into.setSinceUnixNs(to_unix_ns(from.since));
  into.setVersion(from.software_version.c_str());
  write_labels(into.initLabels(static_cast<unsigned>(from.labels.size())), from.labels);
  into.setLeads(from.leads);
  into.setIsSelf(from.is_self);
  into.setCpuShare(from.cpu_share);
  into.setCores(from.cores);
  into.setMemoryBytes(from.memory_bytes);
  into.setMemoryFreeBytes(from.memory_free_bytes);
  into.setReplicas(from.replicas);
  into.setRoundTripUs(to_microseconds(from.round_trip));
}

void write(schema::Token::Builder into, const token_record& from) {
  into.setId(from.id().c_str());
  into.setRole(std::string(to_string(from.role)).c_str());
  into.setCreatedUnixNs(to_unix_ns(from.created));
  into.setExpiresUnixNs(to_unix_ns(from.expires));
  into.setUsesLeft(from.uses_left);
  into.setCreatedBy(from.created_by.c_str());
  into.setRevoked(from.revoked);
  auto uses = into.initUsedBy(static_cast<unsigned>(from.used_by.size()));
  for (unsigned i = 0; i < uses.size(); ++i) {
    uses[i].setWho(from.used_by[i].who.c_str());
    uses[i].setUnixNs(to_unix_ns(from.used_by[i].at));
  }
}

void write(schema::User::Builder into, const user_record& from) {
  into.setName(from.name.c_str());
  into.setRole(std::string(to_string(from.role)).c_str());
  into.setGivenUnixNs(to_unix_ns(from.given));
  into.setExpiresUnixNs(to_unix_ns(from.expires));
  into.setTokenId(from.token_id.c_str());
  into.setRevoked(from.is_revoked());
}

} // namespace

void write_nodes(schema::Control::NodesResults::Builder into, const node_list& from) {
  auto nodes = into.initNodes(static_cast<unsigned>(from.nodes.size()));
  for (unsigned i = 0; i < nodes.size(); ++i)
    write(nodes[i], from.nodes[i]);
  auto lead = into.initLead();
  lead.setLeaderId(from.lead.leader_id.c_str());
  lead.setLeaderName(leader_name(from).c_str());
  lead.setEpoch(from.lead.epoch);
  lead.setAway(from.leader_away);
  lead.setStateAgeUs(to_microseconds(from.state_age));
  lead.setUnheard(from.unheard);
  lead.setTrouble(from.trouble.c_str());
}

void write_tokens(schema::Control::ListTokensResults::Builder into, const token_list& from) {
  auto tokens = into.initTokens(static_cast<unsigned>(from.tokens.size()));
  for (unsigned i = 0; i < tokens.size(); ++i)
    write(tokens[i], from.tokens[i]);
}

void write_users(schema::Control::ListUsersResults::Builder into, const user_list& from) {
  auto users = into.initUsers(static_cast<unsigned>(from.users.size()));
  for (unsigned i = 0; i < users.size(); ++i)
    write(users[i], from.users[i]);
}

void write_place(schema::NodeStatus::Builder into, const node_list& from) {
  for (const auto& node : from.nodes) {
    if (!node.is_self)
      continue;
    into.setNodeId(node.node_id.c_str());
    into.setLeads(node.leads);
  }
  into.setLeaderName(leader_name(from).c_str());
  into.setEpoch(from.lead.epoch);
  into.setLeaderAway(from.leader_away);
  into.setStateAgeUs(to_microseconds(from.state_age));
  into.setTrouble(from.trouble.c_str());
}

void write_age(schema::NodeStatus::Builder into, const deployment_list& told) {
  into.setLeaderAway(true);
  into.setStateAgeUs(to_microseconds(told.age));
  into.setStateKept(told.kept);
}

} // namespace troupe
