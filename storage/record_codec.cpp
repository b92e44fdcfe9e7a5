#include "storage/record_codec.hpp"
#include "storage/record_message.hpp"

namespace troupe {

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
  write_record(message.initRoot<schema::DeploymentRecord>(), record);
  return to_bytes(message);
}

std::string encode(const version_record& record) {
  capnp::MallocMessageBuilder message;
  write_record(message.initRoot<schema::VersionRecord>(), record);
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
  return decode<schema::DeploymentRecord, deployment_record>(
      bytes, "deployment", [](schema::DeploymentRecord::Reader from, deployment_record& to) { return read_record(from, to); });
}

result<version_record> decode_version(std::string_view bytes) {
  return decode<schema::VersionRecord, version_record>(
      bytes, "version", [](schema::VersionRecord::Reader from, version_record& to) { return read_record(from, to); });
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
