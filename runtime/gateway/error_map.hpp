#pragma once

#include "runtime/base/error.hpp"
#include "schemas/inference.capnp.h"

namespace troupe {

/// The one table from our error codes to what clients see.
schema::Code to_schema(error_code code);

/// Writes the failure into an answer.
void write_error(schema::Error::Builder into, const error& failure);

} // namespace troupe
