#pragma once

#include "cluster/joining.hpp"
#include "schemas/join.capnp.h"

/// What who joins says and is told, as schemas/join.capnp has it. `read` is false for what no node of this release says; where the message itself
/// is damaged it throws, as Cap'n Proto's readers do.
namespace troupe {

/// Labels that are looked at; how many a member may have is for cluster/member_check to say.
inline constexpr unsigned labels_read_max = 1000;

using label_map = std::map<std::string, std::string>;
void write(capnp::List<schema::MemberRecord::Label>::Builder into, const label_map& from);
bool read(capnp::List<schema::MemberRecord::Label>::Reader from, label_map& into);

void write(schema::JoinRequest::Builder into, const join_request& from);
bool read(schema::JoinRequest::Reader from, join_request& into);

void write(schema::UserRequest::Builder into, const user_request& from);
bool read(schema::UserRequest::Reader from, user_request& into);

void write(schema::Enrolled::Builder into, const enrolled& from);
bool read(schema::Enrolled::Reader from, enrolled& into);

void write(schema::UserEnrolled::Builder into, const user_enrolled& from);
bool read(schema::UserEnrolled::Reader from, user_enrolled& into);

} // namespace troupe
