#include "runtime/gateway/peer_codec.hpp"

#include "cluster/join_codec.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/gateway/member_codec.hpp"
#include "runtime/gateway/report_codec.hpp"
#include "storage/assignment_codec.hpp"
#include "storage/error_schema.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"

#include <utility>

namespace troupe {

namespace {

// -- questions: a write and a read each ---------------------------------------------------------------------------------------------

void write(schema::ReadArtifact::Builder into, const read_artifact& from) {
  into.setSha256(to_text(from.sha256));
  into.setOffset(from.offset);
  into.setBytes(from.bytes);
}

bool read(schema::ReadArtifact::Reader from, read_artifact& into) {
  into = {to_string(from.getSha256()), from.getOffset(), from.getBytes()};
  return is_sha256(into.sha256);
}

void write(schema::Deploy::Builder into, const deploy& from) {
  into.setName(to_text(from.name));
  into.setArtifact(to_text(from.artifact_sha256));
  into.setModelToml(to_text(from.model_toml));
  into.setReplicas(from.replicas);
  into.setGolden(to_text(from.golden_sha256));
  into.setBy(to_text(from.by));
  into.setRolloutToml(to_text(from.rollout_toml));
}

bool read(schema::Deploy::Reader from, deploy& into) {
  into = {to_string(from.getName()),   to_string(from.getArtifact()), to_string(from.getModelToml()),  from.getReplicas(),
          to_string(from.getGolden()), to_string(from.getBy()),       to_string(from.getRolloutToml())};
  return true;
}

void write(schema::Scale::Builder into, const scale& from) {
  into.setName(to_text(from.name));
  into.setReplicas(from.replicas);
}

bool read(schema::Scale::Reader from, scale& into) {
  into = {to_string(from.getName()), from.getReplicas()};
  return true;
}

void write(schema::Undeploy::Builder into, const undeploy& from) {
  into.setName(to_text(from.name));
}

bool read(schema::Undeploy::Reader from, undeploy& into) {
  into = {to_string(from.getName())};
  return true;
}

void write(schema::AwaitVersion::Builder into, const await_version& from) {
  into.setName(to_text(from.name));
  into.setVersion(from.version);
}

bool read(schema::AwaitVersion::Reader from, await_version& into) {
  into = {to_string(from.getName()), from.getVersion()};
  return true;
}

void write(schema::Rollback::Builder into, const rollback& from) {
  into.setName(to_text(from.name));
  into.setTo(from.to);
  into.setFrom(from.from);
  into.setBy(to_text(from.by));
}

bool read(schema::Rollback::Reader from, rollback& into) {
  into = {to_string(from.getName()), from.getTo(), from.getFrom(), to_string(from.getBy())};
  return true;
}

void write(schema::SteerRollout::Builder into, const steer_rollout& from) {
  into.setName(to_text(from.name));
  into.setWhat(static_cast<schema::SteerRollout::Command>(from.what));
  into.setBy(to_text(from.by));
}

bool read(schema::SteerRollout::Reader from, steer_rollout& into) {
  into = {to_string(from.getName()), static_cast<rollout_command>(from.getWhat()), to_string(from.getBy())};
  return into.what <= rollout_command::skip;
}

void write(schema::WatchVersion::Builder into, const watch_version& from) {
  into.setName(to_text(from.name));
  into.setVersion(from.version);
  into.setSeen(from.seen);
  into.setAtOnce(from.at_once);
}

bool read(schema::WatchVersion::Reader from, watch_version& into) {
  into = {to_string(from.getName()), from.getVersion(), from.getSeen(), from.getAtOnce()};
  return true;
}

void write(schema::Validate::Builder into, const validate_model& from) {
  into.setArtifact(to_text(from.artifact_sha256));
  into.setModelToml(to_text(from.model_toml));
  into.setGolden(to_text(from.golden_sha256));
}

bool read(schema::Validate::Reader from, validate_model& into) {
  into = {to_string(from.getArtifact()), to_string(from.getModelToml()), to_string(from.getGolden())};
  return true;
}

void write(schema::Enrol::Builder into, const enrol& from) {
  write(into.initRequest(), from.who);
  into.setNonce(to_data(from.nonce));
}

bool read(schema::Enrol::Reader from, enrol& into) {
  into.nonce = from_data(from.getNonce());
  return read(from.getRequest(), into.who);
}

bool read(schema::UserRequest::Reader from, enrol_user& into) {
  return read(from, into.who);
}

void write(schema::UpdateMember::Builder into, const update_member& from) {
  into.setNodeId(to_text(from.node_id));
  into.setAddress(to_text(from.address));
  troupe::write(into.initLabels(static_cast<unsigned>(from.labels.size())), from.labels);
  into.setName(to_text(from.name));
  into.setCertificate(to_text(from.certificate_pem));
}

bool read(schema::UpdateMember::Reader from, update_member& into) {
  into.node_id = to_string(from.getNodeId());
  into.address = to_string(from.getAddress());
  into.name = to_string(from.getName());
  into.certificate_pem = to_string(from.getCertificate());
  return troupe::read(from.getLabels(), into.labels);
}

void write(schema::SetDraining::Builder into, const set_draining& from) {
  into.setNode(to_text(from.node));
  into.setDraining(from.draining);
}

bool read(schema::SetDraining::Reader from, set_draining& into) {
  into = {to_string(from.getNode()), from.getDraining()};
  return true;
}

bool read(schema::ProbeMessage::Reader from, probe& into) {
  return troupe::read(from, into.message);
}

bool read(capnp::List<schema::MemberNews>::Reader from, exchange_members& into) {
  return troupe::read(from, into.members);
}

bool read(capnp::List<capnp::Data>::Reader from, token_list& into) {
  return troupe::read(from, into.tokens);
}

bool read(capnp::List<capnp::Data>::Reader from, user_list& into) {
  return troupe::read(from, into.users);
}

void write(schema::RevokeUser::Builder into, const revoke_user& from) {
  into.setName(to_text(from.name));
  into.setBy(to_text(from.by));
}

bool read(schema::RevokeUser::Reader from, revoke_user& into) {
  into = {to_string(from.getName()), to_string(from.getBy())};
  return true;
}

// -- answers ------------------------------------------------------------------------------------------------------------------------

void write(schema::AssignmentTaken::Builder into, const assignment_taken& from) {
  write(into.initBy(), from.by);
  into.setTaken(from.taken);
}

bool read(schema::AssignmentTaken::Reader from, assignment_taken& into) {
  into.taken = from.getTaken();
  return read(from.getBy(), into.by);
}

void write(schema::ArtifactPiece::Builder into, const artifact_piece& from) {
  into.setTotalBytes(from.total_bytes);
  into.setBytes(to_data(*from.bytes));
}

bool read(schema::ArtifactPiece::Reader from, artifact_piece& into) {
  auto bytes = from.getBytes();
  into = {from.getTotalBytes(), std::make_shared<const std::string>(from_data(bytes))};
  return bytes.size() <= into.total_bytes;
}

/// What is longer than any validation is as long as the longest.
std::chrono::nanoseconds from_microseconds(std::uint64_t count) {
  constexpr std::chrono::microseconds most = std::chrono::hours(24 * 365);
  return std::min(std::chrono::microseconds(count & INT64_MAX), most);
}

void write(schema::ValidationReport::Builder into, const validation& from) {
  into.setGoldenCases(from.cases);
  into.setLoadUs(to_microseconds(from.load));
  into.setSlowestUs(to_microseconds(from.slowest));
}

bool read(schema::ValidationReport::Reader from, validation& into) {
  into = {from_microseconds(from.getLoadUs()), from.getGoldenCases(), from_microseconds(from.getSlowestUs())};
  return true;
}

bool read(schema::VersionRecord::Reader from, version_progress& into) {
  return read_record(from, into.record);
}

// -- which of them it is ------------------------------------------------------------------------------------------------------------

struct question_writer {
  schema::PeerQuestion::Builder into;

  void operator()(const assignment& what) { write(into.initAssign(), what); }
  void operator()(const node_report& what) { write(into.initReport(), what); }
  void operator()(const read_artifact& what) { write(into.initReadArtifact(), what); }
  void operator()(const deploy& what) { write(into.initDeploy(), what); }
  void operator()(const scale& what) { write(into.initScale(), what); }
  void operator()(const undeploy& what) { write(into.initUndeploy(), what); }
  void operator()(const await_version& what) { write(into.initAwaitVersion(), what); }
  void operator()(const rollback& what) { write(into.initRollback(), what); }
  void operator()(const steer_rollout& what) { write(into.initSteerRollout(), what); }
  void operator()(const watch_version& what) { write(into.initWatchVersion(), what); }
  void operator()(const validate_model& what) { write(into.initValidate(), what); }
  void operator()(const list_deployments& what) { into.setList(to_text(what.name)); }
  void operator()(const enrol& what) { write(into.initEnrol(), what); }
  void operator()(const enrol_user& what) { write(into.initEnrolUser(), what.who); }
  void operator()(const renew_certificate& what) { into.setRenew(to_text(what.node_id)); }
  void operator()(const update_member& what) { write(into.initUpdateMember(), what); }
  void operator()(const probe& what) { write(into.initProbe(), what.message); }
  void operator()(const ask_help& what) { write(into.initAskHelp(), what); }
  void operator()(const exchange_members& what) { write(into.initExchange(list_size(what.members)), what.members); }
  void operator()(const create_token& what) { write(into.initCreateToken(), what); }
  void operator()(const list_tokens&) { into.setListTokens(); }
  void operator()(const revoke_token& what) { into.setRevokeToken(to_text(what.id)); }
  void operator()(const list_users&) { into.setListUsers(); }
  void operator()(const revoke_user& what) { write(into.initRevokeUser(), what); }
  void operator()(const remove_member& what) { into.setRemoveMember(to_text(what.node)); }
  void operator()(const set_draining& what) { write(into.initSetDraining(), what); }
};

struct answer_writer {
  schema::PeerAnswer::Builder into;

  void operator()(const assignment_taken& what) { write(into.initAssigned(), what); }
  void operator()(const done&) { into.setDone(); }
  void operator()(const artifact_piece& what) { write(into.initPiece(), what); }
  void operator()(const deployed& what) { into.setDeployed(what.version); }
  void operator()(const version_progress& what) { write_record(into.initProgress(), what.record); }
  void operator()(const validation& what) { write(into.initValidated(), what); }
  void operator()(const deployment_list& what) { write(into.initDeployments(list_size(what.deployments)), what); }
  void operator()(const enrolled& what) { write(into.initEnrolled(), what); }
  void operator()(const user_enrolled& what) { write(into.initUserEnrolled(), what); }
  void operator()(const certificate_issued& what) { into.setCertificate(to_text(what.certificate_pem)); }
  void operator()(const probe_message& what) { write(into.initProbe(), what); }
  void operator()(const help_answer& what) { into.setHelp(to_schema(what.outcome)); }
  void operator()(const exchange_members& what) { write(into.initExchange(list_size(what.members)), what.members); }
  void operator()(const token_made& what) { write(into.initTokenMade(), what); }
  void operator()(const token_list& what) { write(into.initTokens(list_size(what.tokens)), what.tokens); }
  void operator()(const user_list& what) { write(into.initUsers(list_size(what.users)), what.users); }
};

error unreadable_question() {
  return {error_code::failed_precondition, "the node that was asked can't read the question; run the same release on all nodes"};
}

error unreadable_answer() {
  return {error_code::internal, "a node's answer can't be read; run the same release on all nodes"};
}

template <class What, class Whole, class Reader>
result<Whole> read_one(Reader from, error (*unreadable)()) {
  What what;
  if (!read(from, what))
    return unreadable();
  return Whole(std::move(what));
}

template <class What, class Reader>
result<peer_question> question(Reader from) {
  return read_one<What, peer_question>(from, unreadable_question);
}

template <class What, class Reader>
result<peer_answer> answer(Reader from) {
  return read_one<What, peer_answer>(from, unreadable_answer);
}

} // namespace

void write(schema::PeerQuestion::Builder into, const peer_question& from) {
  std::visit(question_writer{into}, from);
}

void write(schema::PeerAnswer::Builder into, const result<peer_answer>& from) {
  if (from)
    std::visit(answer_writer{into}, *from);
  else
    write_error(into.initError(), from.failure());
}

result<peer_question> read_question(schema::PeerQuestion::Reader from) {
  switch (from.which()) {
  case schema::PeerQuestion::ASSIGN: return question<assignment>(from.getAssign());
  case schema::PeerQuestion::REPORT: return question<node_report>(from.getReport());
  case schema::PeerQuestion::READ_ARTIFACT: return question<read_artifact>(from.getReadArtifact());
  case schema::PeerQuestion::DEPLOY: return question<deploy>(from.getDeploy());
  case schema::PeerQuestion::SCALE: return question<scale>(from.getScale());
  case schema::PeerQuestion::UNDEPLOY: return question<undeploy>(from.getUndeploy());
  case schema::PeerQuestion::AWAIT_VERSION: return question<await_version>(from.getAwaitVersion());
  case schema::PeerQuestion::ROLLBACK: return question<rollback>(from.getRollback());
  case schema::PeerQuestion::STEER_ROLLOUT: return question<steer_rollout>(from.getSteerRollout());
  case schema::PeerQuestion::WATCH_VERSION: return question<watch_version>(from.getWatchVersion());
  case schema::PeerQuestion::VALIDATE: return question<validate_model>(from.getValidate());
  case schema::PeerQuestion::LIST: return peer_question(list_deployments{to_string(from.getList())});
  case schema::PeerQuestion::ENROL: return question<enrol>(from.getEnrol());
  case schema::PeerQuestion::ENROL_USER: return question<enrol_user>(from.getEnrolUser());
  case schema::PeerQuestion::RENEW: return peer_question(renew_certificate{to_string(from.getRenew())});
  case schema::PeerQuestion::UPDATE_MEMBER: return question<update_member>(from.getUpdateMember());
  case schema::PeerQuestion::PROBE: return question<probe>(from.getProbe());
  case schema::PeerQuestion::ASK_HELP: return question<ask_help>(from.getAskHelp());
  case schema::PeerQuestion::EXCHANGE: return question<exchange_members>(from.getExchange());
  case schema::PeerQuestion::CREATE_TOKEN: return question<create_token>(from.getCreateToken());
  case schema::PeerQuestion::LIST_TOKENS: return peer_question(list_tokens{});
  case schema::PeerQuestion::REVOKE_TOKEN: return peer_question(revoke_token{to_string(from.getRevokeToken())});
  case schema::PeerQuestion::LIST_USERS: return peer_question(list_users{});
  case schema::PeerQuestion::REVOKE_USER: return question<revoke_user>(from.getRevokeUser());
  case schema::PeerQuestion::REMOVE_MEMBER: return peer_question(remove_member{to_string(from.getRemoveMember())});
  case schema::PeerQuestion::SET_DRAINING: return question<set_draining>(from.getSetDraining());
  case schema::PeerQuestion::NONE: break;
  }
  return unreadable_question();
}

result<peer_answer> read_answer(schema::PeerAnswer::Reader from) {
  switch (from.which()) {
  case schema::PeerAnswer::ERROR: return read_error(from.getError());
  case schema::PeerAnswer::ASSIGNED: return answer<assignment_taken>(from.getAssigned());
  case schema::PeerAnswer::DONE: return peer_answer(done{});
  case schema::PeerAnswer::PIECE: return answer<artifact_piece>(from.getPiece());
  case schema::PeerAnswer::DEPLOYED: return peer_answer(deployed{from.getDeployed()});
  case schema::PeerAnswer::PROGRESS: return answer<version_progress>(from.getProgress());
  case schema::PeerAnswer::VALIDATED: return answer<validation>(from.getValidated());
  case schema::PeerAnswer::DEPLOYMENTS: return answer<deployment_list>(from.getDeployments());
  case schema::PeerAnswer::ENROLLED: return answer<enrolled>(from.getEnrolled());
  case schema::PeerAnswer::USER_ENROLLED: return answer<user_enrolled>(from.getUserEnrolled());
  case schema::PeerAnswer::CERTIFICATE: return peer_answer(certificate_issued{to_string(from.getCertificate())});
  case schema::PeerAnswer::PROBE: return answer<probe_message>(from.getProbe());
  case schema::PeerAnswer::HELP: return answer<help_answer>(from.getHelp());
  case schema::PeerAnswer::EXCHANGE: return answer<exchange_members>(from.getExchange());
  case schema::PeerAnswer::TOKEN_MADE: return answer<token_made>(from.getTokenMade());
  case schema::PeerAnswer::TOKENS: return answer<token_list>(from.getTokens());
  case schema::PeerAnswer::USERS: return answer<user_list>(from.getUsers());
  case schema::PeerAnswer::NONE: break;
  }
  return unreadable_answer();
}

} // namespace troupe
