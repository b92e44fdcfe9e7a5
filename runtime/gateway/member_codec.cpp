#include "runtime/gateway/member_codec.hpp"

#include "cluster/join_codec.hpp"
#include "storage/assignment_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/record_schema.hpp"
#include "storage/schema_lists.hpp"

#include <algorithm>

namespace troupe {

namespace {

static_assert(static_cast<int>(schema::MemberNews::State::ALIVE) == static_cast<int>(member_state::alive));
static_assert(static_cast<int>(schema::MemberNews::State::REMOVED) == static_cast<int>(member_state::removed));
static_assert(static_cast<int>(schema::HelpOutcome::REACHED) == static_cast<int>(help_outcome::reached));
static_assert(static_cast<int>(schema::HelpOutcome::NOT_TRIED) == static_cast<int>(help_outcome::not_tried));

void write_load(schema::MemberNews::Load::Builder into, const node_load& from) {
  into.setRevision(from.revision);
  into.setCpuBusy(from.cpu_busy);
  into.setCores(from.cores);
  into.setMemoryFreeBytes(from.memory_free_bytes);
  into.setMemoryTotalBytes(from.memory_total_bytes);
  into.setQueuedRequests(from.queued_requests);
  into.setReplicas(from.replicas);
  into.setDiskFull(from.disk_full);
}

/// NaN, and what is no share, counts as idle or busy.
double share_of(double told) {
  return told > 0 ? std::min(told, 1.0) : 0;
}

node_load read_load(schema::MemberNews::Load::Reader from) {
  return {from.getRevision(),         share_of(from.getCpuBusy()), from.getCores(),    from.getMemoryFreeBytes(),
          from.getMemoryTotalBytes(), from.getQueuedRequests(),    from.getReplicas(), from.getDiskFull()};
}

void write_news(schema::MemberNews::Builder into, const member_news& from) {
  into.setId(to_text(from.id));
  into.setName(to_text(from.name));
  into.setAddress(to_text(from.address));
  write(into.initLabels(static_cast<unsigned>(from.labels.size())), from.labels);
  into.setSoftwareVersion(to_text(from.software_version));
  into.setIncarnation(from.incarnation);
  into.setState(static_cast<schema::MemberNews::State>(from.state));
  into.setDraining(from.draining);
  write_load(into.initLoad(), from.load);
}

bool read_news(schema::MemberNews::Reader from, member_news& into) {
  if (static_cast<unsigned>(from.getState()) > static_cast<unsigned>(member_state::removed))
    return false;
  into.id = to_string(from.getId());
  into.name = to_string(from.getName());
  into.address = to_string(from.getAddress());
  into.software_version = to_string(from.getSoftwareVersion());
  into.incarnation = from.getIncarnation();
  into.state = static_cast<member_state>(from.getState());
  into.draining = from.getDraining();
  into.load = read_load(from.getLoad());
  return !into.id.empty() && read(from.getLabels(), into.labels);
}

template <class Record>
void write_records(capnp::List<capnp::Data>::Builder into, const std::vector<Record>& from) {
  for (unsigned i = 0; i < into.size(); ++i)
    into.set(i, to_data(encode(from[i])));
}

template <class Record>
bool read_records(capnp::List<capnp::Data>::Reader from, std::vector<Record>& into, result<Record> (*decode)(std::string_view)) {
  if (from.size() > list_entries_max)
    return false;
  for (auto bytes : from) {
    auto record = decode(from_data(bytes));
    if (!record)
      return false;
    into.push_back(std::move(*record));
  }
  return true;
}

} // namespace

void write(capnp::List<schema::MemberNews>::Builder into, const std::vector<member_news>& from) {
  write_list(into, from, write_news);
}

bool read(capnp::List<schema::MemberNews>::Reader from, std::vector<member_news>& into) {
  return read_list(from, into, read_news);
}

void write(schema::ProbeMessage::Builder into, const probe_message& from) {
  write(into.initNews(list_size(from.news)), from.news);
  into.setDigest(from.digest);
  write(into.initLead(), from.lead);
}

bool read(schema::ProbeMessage::Reader from, probe_message& into) {
  into.digest = from.getDigest();
  return read(from.getLead(), into.lead) && read(from.getNews(), into.news);
}

void write(schema::AskHelp::Builder into, const ask_help& from) {
  into.setSequence(from.sequence);
  into.setTarget(to_text(from.target));
}

bool read(schema::AskHelp::Reader from, ask_help& into) {
  into.sequence = from.getSequence();
  into.target = to_string(from.getTarget());
  return !into.target.empty();
}

schema::HelpOutcome to_schema(help_outcome from) {
  return static_cast<schema::HelpOutcome>(from);
}

bool read(schema::HelpOutcome from, help_answer& into) {
  into.outcome = static_cast<help_outcome>(from);
  return into.outcome <= help_outcome::not_tried;
}

void write(schema::CreateToken::Builder into, const create_token& from) {
  into.setRole(static_cast<schema::TokenRecord::Role>(from.role));
  into.setLifetimeUs(to_microseconds(from.lifetime));
  into.setUses(from.uses);
  into.setBy(to_text(from.by));
}

bool read(schema::CreateToken::Reader from, create_token& into) {
  constexpr std::uint64_t year_us = 365ULL * 24 * 3600 * 1'000'000;
  into = {static_cast<cluster_role>(from.getRole()), std::chrono::microseconds(std::min(from.getLifetimeUs(), year_us)),
          from.getUses(), to_string(from.getBy())};
  return into.role <= last_cluster_role;
}

void write(schema::TokenMade::Builder into, const token_made& from) {
  into.setText(to_text(from.text));
  into.setId(to_text(from.id));
  into.setExpiresUnixNs(to_unix_ns(from.expires));
}

bool read(schema::TokenMade::Reader from, token_made& into) {
  into = {to_string(from.getText()), to_string(from.getId()), from_unix_ns(from.getExpiresUnixNs())};
  return true;
}

void write(capnp::List<capnp::Data>::Builder into, const std::vector<token_record>& from) {
  write_records(into, from);
}

bool read(capnp::List<capnp::Data>::Reader from, std::vector<token_record>& into) {
  return read_records(from, into, decode_token);
}

void write(capnp::List<capnp::Data>::Builder into, const std::vector<user_record>& from) {
  write_records(into, from);
}

bool read(capnp::List<capnp::Data>::Reader from, std::vector<user_record>& into) {
  return read_records(from, into, decode_user);
}

} // namespace troupe
