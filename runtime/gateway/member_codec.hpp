#pragma once

#include "actors/cluster_messages.hpp"
#include "schemas/peer.capnp.h"

/// Who lives and who belongs to the cluster, between nodes. `read` is false for what no node of this release says; where
/// the message itself is damaged it throws, as Cap'n Proto's readers do.
namespace troupe {

void write(capnp::List<schema::MemberNews>::Builder into, const std::vector<member_news>& from);
bool read(capnp::List<schema::MemberNews>::Reader from, std::vector<member_news>& into);

void write(schema::ProbeMessage::Builder into, const probe_message& from);
bool read(schema::ProbeMessage::Reader from, probe_message& into);

void write(schema::AskHelp::Builder into, const ask_help& from);
bool read(schema::AskHelp::Reader from, ask_help& into);

schema::HelpOutcome to_schema(help_outcome from);
bool read(schema::HelpOutcome from, help_answer& into);

void write(schema::CreateToken::Builder into, const create_token& from);
bool read(schema::CreateToken::Reader from, create_token& into);

void write(schema::TokenMade::Builder into, const token_made& from);
bool read(schema::TokenMade::Reader from, token_made& into);

void write(capnp::List<capnp::Data>::Builder into, const std::vector<token_record>& from);
bool read(capnp::List<capnp::Data>::Reader from, std::vector<token_record>& into);
void write(capnp::List<capnp::Data>::Builder into, const std::vector<user_record>& from);
bool read(capnp::List<capnp::Data>::Reader from, std::vector<user_record>& into);

} // namespace troupe
