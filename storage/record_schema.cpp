#include "storage/record_schema.hpp"

#include "runtime/base/ids.hpp"

namespace troupe {

namespace {

bool is_known(schema::VersionRecord::State state) {
  return static_cast<unsigned>(state) <= static_cast<unsigned>(last_version_state);
}

void write_course(schema::RolloutCourse::Builder into, const rollout_course& from) {
  into.setStage(from.stage);
  into.setSinceUnixNs(to_unix_ns(from.since));
  into.setHeldNs(from.held.count());
  into.setCountedUnixNs(to_unix_ns(from.counted));
  into.setPaused(from.paused);
  into.setAsking(from.asking);
  into.setOutcome(static_cast<schema::RolloutCourse::Outcome>(from.outcome));
  into.setReason(to_text(from.reason));
  into.setSplitNumber(from.split_number);
  into.setSplitsBefore(from.splits_before);
  into.setWinner(from.winner);
}

bool read_course(schema::RolloutCourse::Reader from, rollout_course& into) {
  into.stage = from.getStage();
  into.since = from_unix_ns(from.getSinceUnixNs());
  into.held = std::chrono::nanoseconds(from.getHeldNs());
  into.counted = from_unix_ns(from.getCountedUnixNs());
  into.paused = from.getPaused();
  into.asking = from.getAsking();
  into.outcome = static_cast<course_outcome>(from.getOutcome());
  into.reason = to_string(from.getReason());
  into.split_number = from.getSplitNumber();
  into.splits_before = from.getSplitsBefore();
  into.winner = from.getWinner();
  return into.outcome <= course_outcome::rolled_back;
}

} // namespace

std::string to_string(capnp::Text::Reader text) {
  return std::string(text.begin(), text.size());
}

capnp::Text::Reader to_text(const std::string& text) {
  return {text.c_str(), text.size()};
}

std::string from_data(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

capnp::Data::Reader to_data(const std::string& bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

std::int64_t to_unix_ns(wall_time time) {
  return time.time_since_epoch().count();
}

std::uint64_t to_microseconds(std::chrono::nanoseconds span) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(span).count());
}

wall_time from_unix_ns(std::int64_t count) {
  return wall_time(std::chrono::nanoseconds(count));
}

void write_record(schema::DeploymentRecord::Builder into, const deployment_record& record) {
  into.setName(to_text(record.name));
  into.setWantedReplicas(record.wanted_replicas);
  into.setCurrentVersion(record.current_version);
  into.setTargetVersion(record.target_version);
  into.setLastVersion(record.last_version);
  into.setCreatedUnixNs(to_unix_ns(record.created));
  into.setPreviousVersion(record.previous_version);
  into.setBakeUntilUnixNs(to_unix_ns(record.bake_until));
  if (record.course)
    write_course(into.initCourse(), *record.course);
}

void write_record(schema::VersionRecord::Builder into, const version_record& record) {
  into.setDeployment(to_text(record.id.deployment));
  into.setNumber(record.id.number);
  into.setArtifactSha256(to_text(record.artifact_sha256));
  into.setModelToml(to_text(record.model_toml));
  into.setCreatedUnixNs(to_unix_ns(record.created));
  into.setState(static_cast<schema::VersionRecord::State>(record.state));
  into.setReason(to_text(record.reason));
  into.setGoldenSha256(to_text(record.golden_sha256));
  into.setCreatedBy(to_text(record.created_by));
  into.setRolloutToml(to_text(record.rollout_toml));
  auto moves = into.initMoves(static_cast<unsigned>(record.moves.size()));
  for (unsigned i = 0; i < moves.size(); ++i) {
    moves[i].setState(static_cast<schema::VersionRecord::State>(record.moves[i].state));
    moves[i].setUnixNs(to_unix_ns(record.moves[i].at));
    moves[i].setBy(to_text(record.moves[i].by));
    moves[i].setNote(to_text(record.moves[i].note));
  }
}

void write_record(schema::MemberRecord::Builder into, const member_record& record) {
  into.setNodeId(to_text(record.node_id));
  into.setName(to_text(record.name));
  into.setAddress(to_text(record.address));
  into.setPublicKey(to_data(record.public_key));
  auto labels = into.initLabels(static_cast<unsigned>(record.labels.size()));
  unsigned next = 0;
  for (const auto& [key, value] : record.labels) {
    labels[next].setKey(to_text(key));
    labels[next++].setValue(to_text(value));
  }
  into.setJoinedUnixNs(to_unix_ns(record.joined));
  into.setRemoved(record.removed);
  into.setRemovedUnixNs(to_unix_ns(record.removed_at));
  into.setDraining(record.draining);
}

bool read_record(schema::DeploymentRecord::Reader from, deployment_record& record) {
  record.name = to_string(from.getName());
  record.wanted_replicas = from.getWantedReplicas();
  record.current_version = from.getCurrentVersion();
  record.target_version = from.getTargetVersion();
  record.last_version = from.getLastVersion();
  record.created = from_unix_ns(from.getCreatedUnixNs());
  record.previous_version = from.getPreviousVersion();
  record.bake_until = from_unix_ns(from.getBakeUntilUnixNs());
  return (!from.hasCourse() || read_course(from.getCourse(), record.course.emplace())) && valid_deployment_name(record.name);
}

bool read_record(schema::VersionRecord::Reader from, version_record& record) {
  record.id = {to_string(from.getDeployment()), from.getNumber()};
  record.artifact_sha256 = to_string(from.getArtifactSha256());
  record.model_toml = to_string(from.getModelToml());
  record.created = from_unix_ns(from.getCreatedUnixNs());
  record.state = static_cast<version_state>(from.getState());
  record.reason = to_string(from.getReason());
  record.golden_sha256 = to_string(from.getGoldenSha256());
  record.created_by = to_string(from.getCreatedBy());
  record.rollout_toml = to_string(from.getRolloutToml());
  bool known = is_known(from.getState());
  for (auto move : from.getMoves()) {
    record.moves.push_back({static_cast<version_state>(move.getState()), from_unix_ns(move.getUnixNs()), to_string(move.getBy()),
                            to_string(move.getNote())});
    known = known && is_known(move.getState());
  }
  return valid_deployment_name(record.id.deployment) && known;
}

bool read_record(schema::MemberRecord::Reader from, member_record& record) {
  record.node_id = to_string(from.getNodeId());
  record.name = to_string(from.getName());
  record.address = to_string(from.getAddress());
  record.public_key = from_data(from.getPublicKey());
  for (auto label : from.getLabels())
    record.labels[to_string(label.getKey())] = to_string(label.getValue());
  record.joined = from_unix_ns(from.getJoinedUnixNs());
  record.removed = from.getRemoved();
  record.removed_at = from_unix_ns(from.getRemovedUnixNs());
  record.draining = from.getDraining();
  return is_unique_id(record.node_id);
}

} // namespace troupe
