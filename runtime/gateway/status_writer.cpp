#include "runtime/gateway/status_writer.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/gateway/report_codec.hpp"
#include "storage/record_schema.hpp"

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace troupe {

namespace {

std::string state_of(const version_view& version) {
  if (version.draining && version.record.state != version_state::failed)
    return "draining";
  return std::string(to_string(version.record.state));
}

void write_moves(capnp::List<schema::Move>::Builder into, const std::vector<version_move>& from) {
  for (unsigned i = 0; i < into.size(); ++i) {
    into[i].setState(std::string(to_string(from[i].state)).c_str());
    into[i].setUnixNs(to_unix_ns(from[i].at));
    into[i].setBy(from[i].by.c_str());
    into[i].setNote(from[i].note.c_str());
  }
}

void write_version(schema::VersionStatus::Builder into, const version_view& from) {
  into.setNumber(from.record.id.number);
  into.setState(state_of(from));
  into.setReason(from.record.reason.c_str());
  into.setArtifact(from.record.artifact_sha256.c_str());
  into.setCreatedUnixNs(to_unix_ns(from.record.created));
  into.setQueuedRows(from.pool.counters.queued_rows);
  into.setRequests(from.pool.counters.requests);
  into.setFailures(from.pool.counters.failures);
  into.setBatches(from.pool.counters.batches);
  into.setGolden(from.record.golden_sha256.c_str());
  into.setModelTomlSha256(sha256_of(from.record.model_toml).c_str());
  into.setCreatedBy(from.record.created_by.c_str());
  into.setResident(from.resident);
  into.setUnplaced(from.unplaced.c_str());
  write_moves(into.initMoves(static_cast<unsigned>(from.record.moves.size())), from.record.moves);
  auto replicas = into.initReplicas(static_cast<unsigned>(from.pool.replicas.size()));
  for (unsigned i = 0; i < replicas.size(); ++i) {
    const auto& replica = from.pool.replicas[i];
    replicas[i].setNumber(replica.number);
    replicas[i].setState(to_string(replica.phase));
    replicas[i].setPid(static_cast<std::uint32_t>(replica.pid));
    replicas[i].setSinceUnixNs(to_unix_ns(replica.since));
    replicas[i].setRestarts(replica.restarts);
    replicas[i].setNode(replica.node_name.c_str());
  }
}

const char* outcome_text(course_outcome outcome) {
  switch (outcome) {
  case course_outcome::promoted: return "promoted";
  case course_outcome::rolled_back: return "rolled_back";
  case course_outcome::under_way: break;
  }
  return "under_way";
}

const char* judgement_text(check_judgement judgement) {
  switch (judgement) {
  case check_judgement::fine: return "fine";
  case check_judgement::worse: return "worse";
  case check_judgement::undecided: break;
  }
  return "undecided";
}

void write_rollout(schema::RolloutStatus::Builder into, const deployment_view& of) {
  const auto& from = *of.rollout;
  std::string toml;
  for (const auto& version : of.versions)
    if (version.record.id.number == from.candidate)
      toml = version.record.rollout_toml;
  auto spec = parse_rollout_toml(toml, "rollout.toml");
  into.setCandidate(from.candidate);
  into.setIncumbent(from.incumbent);
  into.setRolloutToml(toml.c_str());
  into.setStage(from.course.stage);
  into.setSinceUnixNs(to_unix_ns(from.course.since));
  into.setHeldUs(to_microseconds(from.course.held));
  into.setPaused(from.course.paused);
  into.setAsking(from.course.asking);
  into.setOutcome(outcome_text(from.course.outcome));
  into.setReason(from.course.reason.c_str());
  into.setMissing(from.missing.c_str());
  into.setWeight(from.weight);
  auto checks = into.initChecks(static_cast<unsigned>(spec ? std::min(from.checks.size(), spec->checks.size()) : 0));
  for (unsigned i = 0; i < checks.size(); ++i) {
    checks[i].setKind(std::string(to_string(spec->checks[i].kind)).c_str());
    checks[i].setName(name_of(spec->checks[i]).c_str());
    checks[i].setJudgement(judgement_text(from.checks[i].judgement));
    checks[i].setWords(from.checks[i].words.c_str());
    checks[i].setSamples(from.checks[i].samples);
  }
  write_figures(into.initCandidateDid(), from.figures.candidate);
  write_figures(into.initIncumbentDid(), from.figures.incumbent);
  write_others(into.initOthers(static_cast<unsigned>(from.figures.others.size())), from.figures.others);
  into.setCopies(from.figures.copies);
  into.setShed(from.figures.shed);
}

} // namespace

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void write_node(schema::NodeStatus::Builder into, const control_backend& node) {
  into.setName(node.node_name.c_str());
  into.setVersion(node.software_version.c_str());
  into.setUptimeUs(to_microseconds(node.time.now() - node.started));
  into.setPid(static_cast<std::uint32_t>(::getpid()));
  into.setResidentBytes(resident_bytes());
  into.setDraining(node.drain.closed());
}

void write_deployments(schema::Control::StatusResults::Builder into, const deployment_list& from) {
  auto list = into.initDeployments(static_cast<unsigned>(from.deployments.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    const auto& deployment = from.deployments[i];
    list[i].setName(deployment.record.name.c_str());
    list[i].setCurrentVersion(deployment.record.current_version);
    list[i].setWantedReplicas(deployment.record.wanted_replicas);
    if (deployment.rollout)
      write_rollout(list[i].initRollout(), deployment);
    auto versions = list[i].initVersions(static_cast<unsigned>(deployment.versions.size()));
    for (unsigned v = 0; v < versions.size(); ++v)
      write_version(versions[v], deployment.versions[v]);
  }
}

void write_progress(schema::Control::ProgressResults::Builder into, const version_record& from) {
  write_moves(into.initMoves(static_cast<unsigned>(from.moves.size())), from.moves);
  into.setEnded(!is_rolling(from.state));
  into.setState(std::string(to_string(from.state)).c_str());
  into.setReason(from.reason.c_str());
}

void write_tree(schema::TreeNode::Builder into, const actor_status& from, steady_time now) {
  into.setName(from.name.c_str());
  into.setKind(from.kind.c_str());
  into.setState(from.state.c_str());
  into.setAgeUs(to_microseconds(now - from.since));
  into.setRestarts(from.restarts);
  into.setDetail(from.detail.c_str());
  auto children = into.initChildren(static_cast<unsigned>(from.children.size()));
  for (unsigned i = 0; i < children.size(); ++i)
    write_tree(children[i], from.children[i], now);
}

void write_events(schema::Control::EventsResults::Builder into, const event_list& from) {
  auto list = into.initEvents(static_cast<unsigned>(from.events.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    const auto& happened = from.events[i];
    list[i].setUnixNs(to_unix_ns(happened.at));
    list[i].setSeverity(std::string(to_string(happened.level)).c_str());
    list[i].setName(happened.name.c_str());
    list[i].setSequence(happened.sequence);
    auto fields = list[i].initFields(static_cast<unsigned>(happened.fields.size()));
    for (unsigned f = 0; f < fields.size(); ++f) {
      fields[f].setKey(happened.fields[f].first.c_str());
      fields[f].setValue(happened.fields[f].second.c_str());
    }
  }
}

} // namespace troupe
