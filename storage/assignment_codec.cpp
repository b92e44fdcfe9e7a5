#include "storage/assignment_codec.hpp"
#include "storage/error_schema.hpp"
#include "storage/record_message.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"

#include "runtime/base/rollout_toml.hpp"
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
  into.setJudged(from.judged);
}

bool read_pool(schema::PoolOrder::Reader from, pool_order& into) {
  into = {{to_string(from.getDeployment()), from.getVersion()},
          from.getFingerprint(),
          to_string(from.getArtifact()),
          to_string(from.getGolden()),
          to_string(from.getModelToml()),
          from.getReplicas(),
          from.getMayStart(),
          from.getProven(),
          from.getJudged()};
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

static_assert(static_cast<int>(schema::SplitOrder::Look::By::TOP_CLASS) == static_cast<int>(output_look::top_class));
constexpr auto first_look = static_cast<std::uint16_t>(check_kind::finite_outputs);
static_assert(static_cast<int>(schema::SplitOrder::Look::Kind::DISAGREEMENT) + first_look
              == static_cast<int>(check_kind::disagreement));

void write_look(schema::SplitOrder::Look::Builder into, const check_spec& from) {
  into.setKind(static_cast<schema::SplitOrder::Look::Kind>(static_cast<std::uint16_t>(from.kind) - first_look));
  into.setBy(static_cast<schema::SplitOrder::Look::By>(from.by));
  into.setOutput(to_text(from.output));
  into.setWithin(from.within);
}

bool read_look(schema::SplitOrder::Look::Reader from, check_spec& into) {
  into.kind = static_cast<check_kind>(static_cast<std::uint16_t>(from.getKind()) + first_look);
  into.by = static_cast<output_look>(from.getBy());
  into.output = to_string(from.getOutput());
  into.within = from.getWithin();
  return from.getKind() <= schema::SplitOrder::Look::Kind::DISAGREEMENT && into.by <= output_look::top_class && into.within >= 0;
}

void write_split(schema::SplitOrder::Builder into, const split_order& from) {
  into.setNumber(from.number);
  into.setCandidate(from.candidate);
  into.setWeight(from.weight);
  into.setCopies(from.copies);
  into.setKey(static_cast<schema::SplitOrder::Key>(from.key.kind));
  into.setKeyHeader(to_text(from.key.header));
  into.setFuse(from.fuse);
  write_list(into.initLooks(list_size(from.looks)), from.looks, write_look);
  into.setTakesRewards(from.takes_rewards);
  auto others = into.initOthers(list_size(from.others));
  for (unsigned i = 0; i < others.size(); ++i)
    others.set(i, from.others[i]);
  if (!from.always)
    return;
  auto rule = into.initAlways();
  rule.setCaller(to_text(from.always->caller));
  rule.setHeader(to_text(from.always->header));
  rule.setHeaderValue(to_text(from.always->header_value));
}

bool read_split(schema::SplitOrder::Reader from, split_order& into) {
  into = {from.getNumber(),
          from.getCandidate(),
          from.getWeight(),
          from.getCopies(),
          {},
          {},
          from.getFuse(),
          {},
          from.getTakesRewards(),
          {}};
  for (auto other : from.getOthers())
    into.others.push_back(other);
  into.key = {static_cast<split_key_kind>(from.getKey()), to_string(from.getKeyHeader())};
  if (from.hasAlways())
    into.always = {to_string(from.getAlways().getCaller()), to_string(from.getAlways().getHeader()),
                   to_string(from.getAlways().getHeaderValue())};
  return into.others.size() <= rollout_others_max && into.weight * (into.others.size() + 1) <= all_requests
         && into.copies <= all_requests && into.key.kind <= split_key_kind::request_id
         && read_list(from.getLooks(), into.looks, read_look);
}

template <class Schema>
void write_arm(Schema into, const route_arm& from) {
  into.setVersion(from.version);
  into.setModelToml(to_text(from.model_toml));
  write_list(into.initShares(list_size(from.shares)), from.shares, write_share);
}

template <class Schema>
bool read_arm(Schema from, route_arm& into) {
  into.version = from.getVersion();
  into.model_toml = to_string(from.getModelToml());
  return read_list(from.getShares(), into.shares, read_share);
}

void write_route(schema::RouteOrder::Builder into, const route_order& from) {
  into.setDeployment(to_text(from.deployment));
  write_error(into.initWhyNot(), from.why_not);
  write_arm(into, from.live);
  if (from.candidate)
    write_arm(into.initCandidate(), *from.candidate);
  write_split(into.initSplit(), from.split);
  write_list(into.initOthers(list_size(from.others)), from.others, write_arm<schema::RouteArm::Builder>);
}

bool read_route(schema::RouteOrder::Reader from, route_order& into) {
  into = {to_string(from.getDeployment()), read_error(from.getWhyNot()), {}, {}, {}, {}};
  if (from.hasCandidate() && !read_arm(from.getCandidate(), into.candidate.emplace()))
    return false;
  return valid_deployment_name(into.deployment) && read_arm(from, into.live) && read_split(from.getSplit(), into.split)
         && read_list(from.getOthers(), into.others, read_arm<schema::RouteArm::Reader>);
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

namespace {

void write_revocation(schema::Revocation::Builder into, const revocation& from) {
  into.setCommonName(to_text(from.common_name));
  into.setUntilUnixNs(to_unix_ns(from.until));
  into.setExpiresUnixNs(to_unix_ns(from.expires));
}

bool read_revocation(schema::Revocation::Reader from, revocation& into) {
  into = {to_string(from.getCommonName()), from_unix_ns(from.getUntilUnixNs()), from_unix_ns(from.getExpiresUnixNs())};
  return !into.common_name.empty();
}

} // namespace

void write(schema::Assignment::Builder into, const assignment& from) {
  write(into.initBy(), from.by);
  into.setRevision(from.revision);
  write_list(into.initPools(list_size(from.pools)), from.pools, write_pool);
  write_list(into.initRoutes(list_size(from.routes)), from.routes, write_route);
  write_list(into.initRevoked(list_size(from.revoked)), from.revoked, write_revocation);
}

bool read(schema::Assignment::Reader from, assignment& into) {
  into.revision = from.getRevision();
  return read(from.getBy(), into.by) && read_list(from.getPools(), into.pools, read_pool)
         && read_list(from.getRoutes(), into.routes, read_route) && read_list(from.getRevoked(), into.revoked, read_revocation);
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
