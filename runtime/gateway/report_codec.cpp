#include "runtime/gateway/report_codec.hpp"

#include "storage/error_schema.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"

#include <string_view>

namespace troupe {

namespace {

void write_replica(schema::ReplicaStatus::Builder into, const replica_info& from) {
  into.setNumber(from.number);
  into.setState(to_string(from.phase));
  into.setPid(static_cast<std::uint32_t>(from.pid));
  into.setSinceUnixNs(to_unix_ns(from.since));
  into.setRestarts(from.restarts);
  into.setNode(to_text(from.node_name));
}

bool read_replica(schema::ReplicaStatus::Reader from, replica_info& into) {
  auto state = to_string(from.getState());
  for (auto phase : {replica_phase::starting, replica_phase::verifying, replica_phase::serving, replica_phase::draining})
    if (state == to_string(phase)) {
      into = {from.getNumber(),   phase, static_cast<pid_t>(from.getPid()), from_unix_ns(from.getSinceUnixNs()),
              from.getRestarts(), {},    to_string(from.getNode())};
      return true;
    }
  return false;
}

void write_pool(schema::PoolStatus::Builder into, const pool_status& from) {
  into.setDeployment(to_text(from.id.deployment));
  into.setVersion(from.id.number);
  into.setRequests(from.counters.requests);
  into.setFailures(from.counters.failures);
  into.setBatches(from.counters.batches);
  into.setQueuedRows(from.counters.queued_rows);
  into.setQueuedRequests(from.counters.queued_requests);
  into.setRunners(from.counters.runners);
  write_list(into.initReplicas(list_size(from.replicas)), from.replicas, write_replica);
}

bool read_pool(schema::PoolStatus::Reader from, pool_status& into) {
  into.id = {to_string(from.getDeployment()), from.getVersion()};
  into.counters.requests = from.getRequests();
  into.counters.failures = from.getFailures();
  into.counters.batches = from.getBatches();
  into.counters.queued_rows = from.getQueuedRows();
  into.counters.queued_requests = from.getQueuedRequests();
  into.counters.runners = from.getRunners();
  return read_list(from.getReplicas(), into.replicas, read_replica);
}

static_assert(static_cast<int>(schema::PoolReport::Phase::FETCHING) == static_cast<int>(pool_phase::fetching));
static_assert(static_cast<int>(schema::PoolReport::Phase::DRAINING) == static_cast<int>(pool_phase::draining));
static_assert(static_cast<int>(schema::PoolReport::Phase::FAILED) == static_cast<int>(pool_phase::failed));

void write_report(schema::PoolReport::Builder into, const pool_report& from) {
  into.setPhase(static_cast<schema::PoolReport::Phase>(from.phase));
  write_error(into.initWhy(), from.why);
  into.setWanted(from.wanted);
  into.setStarted(from.started);
  into.setComplete(from.complete);
  write_pool(into.initPool(), from.status);
  into.setMemoryBytes(from.memory_bytes);
  into.setFingerprint(from.fingerprint);
  into.setLoaded(from.loaded);
}

bool read_report(schema::PoolReport::Reader from, pool_report& into) {
  if (static_cast<unsigned>(from.getPhase()) > static_cast<unsigned>(pool_phase::failed))
    return false;
  into.phase = static_cast<pool_phase>(from.getPhase());
  into.why = read_error(from.getWhy());
  into.wanted = from.getWanted();
  into.started = from.getStarted();
  into.complete = from.getComplete();
  into.memory_bytes = from.getMemoryBytes();
  into.fingerprint = from.getFingerprint();
  into.loaded = from.getLoaded();
  return read_pool(from.getPool(), into.status) && valid_deployment_name(into.status.id.deployment);
}

void write_version(schema::VersionView::Builder into, const version_view& from) {
  write_record(into.initRecord(), from.record);
  into.setServes(from.serves);
  into.setDraining(from.draining);
  into.setResident(from.resident);
  into.setUnplaced(to_text(from.unplaced));
  write_pool(into.initPool(), from.pool);
}

bool read_version(schema::VersionView::Reader from, version_view& into) {
  into.serves = from.getServes();
  into.draining = from.getDraining();
  into.resident = from.getResident();
  into.unplaced = to_string(from.getUnplaced());
  return read_record(from.getRecord(), into.record) && read_pool(from.getPool(), into.pool);
}

void write_view(schema::DeploymentView::Builder into, const deployment_view& from) {
  write_record(into.initRecord(), from.record);
  write_list(into.initVersions(list_size(from.versions)), from.versions, write_version);
}

bool read_view(schema::DeploymentView::Reader from, deployment_view& into) {
  return read_record(from.getRecord(), into.record) && read_list(from.getVersions(), into.versions, read_version);
}

} // namespace

void write(schema::NodeReport::Builder into, const node_report& from) {
  into.setNodeId(to_text(from.node_id));
  into.setEpoch(from.epoch);
  into.setRevision(from.revision);
  into.setSequence(from.sequence);
  write_list(into.initPools(list_size(from.pools)), from.pools, write_report);
}

bool read(schema::NodeReport::Reader from, node_report& into) {
  into.node_id = to_string(from.getNodeId());
  into.epoch = from.getEpoch();
  into.revision = from.getRevision();
  into.sequence = from.getSequence();
  return !into.node_id.empty() && read_list(from.getPools(), into.pools, read_report);
}

void write(capnp::List<schema::DeploymentView>::Builder into, const deployment_list& from) {
  write_list(into, from.deployments, write_view);
}

bool read(capnp::List<schema::DeploymentView>::Reader from, deployment_list& into) {
  return read_list(from, into.deployments, read_view);
}

} // namespace troupe
