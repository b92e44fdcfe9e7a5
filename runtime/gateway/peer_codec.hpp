#pragma once

#include "actors/transport.hpp"
#include "schemas/peer.capnp.h"

/// Questions and answers between nodes as schemas/peer.capnp has them.
namespace troupe {

void write(schema::PeerQuestion::Builder into, const peer_question& from);
void write(schema::PeerAnswer::Builder into, const result<peer_answer>& from);

/// `failed_precondition` for a question that this release doesn't know or can't make sense of; throws, as Cap'n Proto's readers do, where the
/// message itself is damaged.
result<peer_question> read_question(schema::PeerQuestion::Reader from);
/// The answer, the error that is in it, or `internal` if this release can't make sense of it; throws likewise.
result<peer_answer> read_answer(schema::PeerAnswer::Reader from);

} // namespace troupe
