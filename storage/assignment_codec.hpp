#pragma once

#include "runtime/base/assignment.hpp"
#include "runtime/base/error.hpp"
#include "schemas/assignment.capnp.h"

#include <string>
#include <string_view>

/// What a node shall do, on disk and between nodes. `read` is false for what no node of this release says; where the message itself is damaged it throws, as
/// Cap'n Proto's readers do.
namespace troupe {

void write(schema::Leadership::Builder into, const leadership& from);
bool read(schema::Leadership::Reader from, leadership& into);

void write(schema::Assignment::Builder into, const assignment& from);
bool read(schema::Assignment::Reader from, assignment& into);

/// As a node keeps it.
std::string encode(const assignment& kept);
/// `corrupt`; `failed_precondition` if another release wrote it, in a way that this one doesn't know.
result<assignment> decode_assignment(std::string_view bytes);

} // namespace troupe
