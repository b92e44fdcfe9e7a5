#include "storage/assignment_codec.hpp"
#include "storage/error_schema.hpp"
#include "storage/record_message.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"

#include "runtime/base/sha256.hpp"

#include "schemas/records.capnp.h"

namespace troupe {

namespace {

void write_pool(schema::PoolOrder::Builder into, const pool_order& from) {
  into.setDeployment(to_text(from.id.deployment));
  into.setVersion(from.id.number);
  into.setArtifact(to_text(from.artifact_sha256));
  into.setGolden(to_text(from.golden_sha256));
  into.setModelToml(to_text(from.model_toml));
  into.setReplicas(from.replicas);
  into.setMayStart(from.may_start);
  into.setProven(from.proven);
  into.setFingerprint(from.fingerprint);
}

bool read_pool(schema::PoolOrder::Reader from, pool_order& into) {
  into = {{to_string(from.getDeployment()), from.getVersion()},
          from.getFingerprint(),
          to_string(from.getArtifact()),
          to_string(from.getGolden()),
          to_string(from.getModelToml()),
          from.getReplicas(),
          from.getMayStart(),
          from.getProven()};
  return valid_deployment_name(into.id.deployment) && into.id.number != 0 && is_sha256(into.artifact_sha256)
         && (into.golden_sha256.empty() || is_sha256(into.golden_sha256));
}

void write_share(schema::RouteShare::Builder into, const route_share& from) {
  into.setNodeId(to_text(from.node_id));
  into.setReplicas(from.replicas);
}

bool read_share(schema::RouteShare::Reader from, route_share& into) {
  into = {to_string(from.getNodeId()), from.getReplicas()};
  return !into.node_id.empty();
}

void write_route(schema::RouteOrder::Builder into, const route_order& from) {
  into.setDeployment(to_text(from.deployment));
  into.setVersion(from.version);
  write_error(into.initWhyNot(), from.why_not);
  into.setModelToml(to_text(from.model_toml));
  write_list(into.initShares(list_size(from.shares)), from.shares, write_share);
}

bool read_route(schema::RouteOrder::Reader from, route_order& into) {
  into = {to_string(from.getDeployment()), from.getVersion(), read_error(from.getWhyNot()), to_string(from.getModelToml()), {}};
  return valid_deployment_name(into.deployment) && read_list(from.getShares(), into.shares, read_share);
}

} // namespace

void write(schema::Leadership::Builder into, const leadership& from) {
  into.setEpoch(from.epoch);
  into.setLeaderId(to_text(from.leader_id));
  into.setSignature(to_data(from.signature));
}

bool read(schema::Leadership::Reader from, leadership& into) {
  into = {from.getEpoch(), to_string(from.getLeaderId()), from_data(from.getSignature())};
  return true;
}

void write(schema::Assignment::Builder into, const assignment& from) {
  write(into.initBy(), from.by);
  into.setRevision(from.revision);
  write_list(into.initPools(list_size(from.pools)), from.pools, write_pool);
  write_list(into.initRoutes(list_size(from.routes)), from.routes, write_route);
}

bool read(schema::Assignment::Reader from, assignment& into) {
  into.revision = from.getRevision();
  return read(from.getBy(), into.by) && read_list(from.getPools(), into.pools, read_pool)
         && read_list(from.getRoutes(), into.routes, read_route);
}

std::string encode(const assignment& kept) {
  capnp::MallocMessageBuilder message;
  auto record = message.initRoot<schema::KeptAssignment>();
  record.setFormatVersion(schema::KEPT_ASSIGNMENT_VERSION);
  write(record.initWhat(), kept);
  return to_bytes(message);
}

result<assignment> decode_assignment(std::string_view bytes) {
  std::uint32_t format = 0;
  auto kept =
      decode<schema::KeptAssignment, assignment>(bytes, "assignment", [&](schema::KeptAssignment::Reader from, assignment& to) {
        format = from.getFormatVersion();
        return format == schema::KEPT_ASSIGNMENT_VERSION && read(from.getWhat(), to);
      });
  if (!kept && format > schema::KEPT_ASSIGNMENT_VERSION)
    return error{error_code::failed_precondition, "the stored assignment is of format " + std::to_string(format)
                                                      + ", which this release can't read; the leader sends another one"};
  return kept;
}

} // namespace troupe
