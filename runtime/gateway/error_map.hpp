#pragma once

#include "runtime/base/error.hpp"
#include "schemas/inference.capnp.h"

#include <string>

namespace troupe {

/// The one place where our error codes become what clients see.
schema::Code to_schema(error_code code);
/// The reverse, for what another node says; what is no error that we know is `internal`.
error_code from_schema(schema::Code code);
/// As Triton answers, whose clients there are: whatever a later try may mend is 503.
unsigned to_http_status(error_code code);

/// What is said to clients who are not the node's operators: the message, but of trouble inside the node only what to do.
std::string told_to_clients(const error& failure);

/// Writes the failure into an answer.
void write_error(schema::Error::Builder into, const error& failure);
/// The failure in another node's answer; a code that this release doesn't know is `internal`, as is none.
error read_error(schema::Error::Reader from);

} // namespace troupe
