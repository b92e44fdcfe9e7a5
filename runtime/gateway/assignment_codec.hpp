#pragma once

#include "actors/cluster_messages.hpp"
#include "schemas/peer.capnp.h"

/// What a node shall do, between nodes; see peer_fields.hpp.
namespace troupe {

void write(schema::Leadership::Builder into, const leadership& from);
bool read(schema::Leadership::Reader from, leadership& into);

void write(schema::Assignment::Builder into, const assignment& from);
bool read(schema::Assignment::Reader from, assignment& into);

void write(schema::AssignmentTaken::Builder into, const assignment_taken& from);
bool read(schema::AssignmentTaken::Reader from, assignment_taken& into);

} // namespace troupe
