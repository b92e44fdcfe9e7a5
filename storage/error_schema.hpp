#pragma once

#include "runtime/base/error.hpp"
#include "schemas/inference.capnp.h"

/// The one place where our errors become schemas/inference.capnp's and come back.
namespace troupe {

schema::Code to_schema(error_code code);
/// What is no error that we know is `internal`.
error_code from_schema(schema::Code code);

void write_error(schema::Error::Builder into, const error& failure);
/// A code that this release doesn't know is `internal`, as is none.
error read_error(schema::Error::Reader from);

} // namespace troupe
