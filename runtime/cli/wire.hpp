#pragma once

#include "runtime/oip/named_tensor.hpp"

#include "schemas/inference.capnp.h"

#include <string>

/// Between the schemas' types and ours, as a client sees them. What a node sends is checked here.
namespace troupe {

inline std::string text_of(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

/// A refusal; a code that we don't know (a newer node's) is `internal`. Not for code ok.
error error_of(schema::Error::Reader refusal);

/// Ends the command with the refusal, unless there is none.
void require_ok(schema::Error::Reader outcome);

/// A copy. Ends the command if the bytes disagree with datatype and shape.
named_tensor tensor_of(schema::Tensor::Reader tensor);

} // namespace troupe
