#include "storage/record_codec.hpp"
#include "storage/record_message.hpp"

#include "schemas/records.capnp.h"

namespace troupe {

namespace {

bool is_known(schema::VersionRecord::State state) {
  return static_cast<unsigned>(state) <= static_cast<unsigned>(last_version_state);
}

} // namespace

std::string encode(const node_record& record) {
  capnp::MallocMessageBuilder message;
  auto node = message.initRoot<schema::NodeRecord>();
  node.setFormatVersion(record.format_version);
  node.setNodeId(to_text(record.node_id));
  node.setCreatedUnixNs(to_unix_ns(record.created));
  node.setMachineId(to_text(record.machine_id));
  return to_bytes(message);
}

std::string encode(const deployment_record& record) {
  capnp::MallocMessageBuilder message;
  auto deployment = message.initRoot<schema::DeploymentRecord>();
  deployment.setName(to_text(record.name));
  deployment.setWantedReplicas(record.wanted_replicas);
  deployment.setCurrentVersion(record.current_version);
  deployment.setTargetVersion(record.target_version);
  deployment.setLastVersion(record.last_version);
  deployment.setCreatedUnixNs(to_unix_ns(record.created));
  deployment.setPreviousVersion(record.previous_version);
  deployment.setBakeUntilUnixNs(to_unix_ns(record.bake_until));
  return to_bytes(message);
}

std::string encode(const version_record& record) {
  capnp::MallocMessageBuilder message;
  auto version = message.initRoot<schema::VersionRecord>();
  version.setDeployment(to_text(record.id.deployment));
  version.setNumber(record.id.number);
  version.setArtifactSha256(to_text(record.artifact_sha256));
  version.setModelToml(to_text(record.model_toml));
  version.setCreatedUnixNs(to_unix_ns(record.created));
  version.setState(static_cast<schema::VersionRecord::State>(record.state));
  version.setReason(to_text(record.reason));
  version.setGoldenSha256(to_text(record.golden_sha256));
  version.setCreatedBy(to_text(record.created_by));
  auto moves = version.initMoves(static_cast<unsigned>(record.moves.size()));
  for (unsigned i = 0; i < moves.size(); ++i) {
    moves[i].setState(static_cast<schema::VersionRecord::State>(record.moves[i].state));
    moves[i].setUnixNs(to_unix_ns(record.moves[i].at));
  }
  return to_bytes(message);
}

std::string encode(const event& record) {
  capnp::MallocMessageBuilder message;
  auto happened = message.initRoot<schema::EventRecord>();
  happened.setUnixNs(to_unix_ns(record.at));
  happened.setSeverity(static_cast<std::uint8_t>(record.level));
  happened.setName(to_text(record.name));
  auto fields = happened.initFields(static_cast<unsigned>(record.fields.size()));
  for (unsigned i = 0; i < fields.size(); ++i) {
    fields[i].setKey(to_text(record.fields[i].first));
    fields[i].setValue(to_text(record.fields[i].second));
  }
  return to_bytes(message);
}

result<node_record> decode_node(std::string_view bytes) {
  return decode<schema::NodeRecord, node_record>(bytes, "node record", [](schema::NodeRecord::Reader from, node_record& to) {
    to = {from.getFormatVersion(), to_string(from.getNodeId()), from_unix_ns(from.getCreatedUnixNs()),
          to_string(from.getMachineId())};
    return to.format_version != 0;
  });
}

result<deployment_record> decode_deployment(std::string_view bytes) {
  return decode<schema::DeploymentRecord, deployment_record>(bytes, "deployment",
                                                             [](schema::DeploymentRecord::Reader from, deployment_record& to) {
                                                               to.name = to_string(from.getName());
                                                               to.wanted_replicas = from.getWantedReplicas();
                                                               to.current_version = from.getCurrentVersion();
                                                               to.target_version = from.getTargetVersion();
                                                               to.last_version = from.getLastVersion();
                                                               to.created = from_unix_ns(from.getCreatedUnixNs());
                                                               to.previous_version = from.getPreviousVersion();
                                                               to.bake_until = from_unix_ns(from.getBakeUntilUnixNs());
                                                               return valid_deployment_name(to.name);
                                                             });
}

result<version_record> decode_version(std::string_view bytes) {
  return decode<schema::VersionRecord, version_record>(
      bytes, "version", [](schema::VersionRecord::Reader from, version_record& to) {
        to.id = {to_string(from.getDeployment()), from.getNumber()};
        to.artifact_sha256 = to_string(from.getArtifactSha256());
        to.model_toml = to_string(from.getModelToml());
        to.created = from_unix_ns(from.getCreatedUnixNs());
        to.state = static_cast<version_state>(from.getState());
        to.reason = to_string(from.getReason());
        to.golden_sha256 = to_string(from.getGoldenSha256());
        to.created_by = to_string(from.getCreatedBy());
        bool known = is_known(from.getState());
        for (auto move : from.getMoves()) {
          to.moves.push_back({static_cast<version_state>(move.getState()), from_unix_ns(move.getUnixNs())});
          known = known && is_known(move.getState());
        }
        return valid_deployment_name(to.id.deployment) && known;
      });
}

result<event> decode_event(std::string_view bytes) {
  return decode<schema::EventRecord, event>(bytes, "event", [](schema::EventRecord::Reader from, event& to) {
    to.at = from_unix_ns(from.getUnixNs());
    to.level = static_cast<severity>(from.getSeverity());
    to.name = to_string(from.getName());
    for (auto field : from.getFields())
      to.fields.emplace_back(to_string(field.getKey()), to_string(field.getValue()));
    return from.getSeverity() <= static_cast<std::uint8_t>(severity::error) && !to.name.empty();
  });
}

} // namespace troupe
