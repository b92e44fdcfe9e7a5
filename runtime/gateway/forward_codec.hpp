#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/base/tensor.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "schemas/forward.capnp.h"

#include <vector>

namespace troupe {

/// Most bytes of a message between nodes: a lone request may have more than a client's message had, since JSON can be shorter than the tensors
/// that it stands for.
inline std::uint64_t forward_message_bytes_max(const gateway_options& options) {
  return 4 * options.message_bytes_max + (1ULL << 20);
}

/// Words that the tensors take in a message, about.
std::uint64_t words_for(const std::vector<tensor_view>& tensors);
void write_tensors(capnp::List<schema::ForwardTensor>::Builder into, const std::vector<tensor_view>& tensors);

/// The tensors as another node sent them; they point into its message. Fails if there are not as many as the model has of them (`specs`), or one
/// has too many dimensions; nothing else is checked.
result<std::vector<tensor_view>> read_tensors(const std::vector<tensor_spec>& specs,
                                              capnp::List<schema::ForwardTensor>::Reader list);

/// Outputs as another node sent them for a request of so many rows, checked against the model.
result<std::vector<tensor_view>> read_outputs(const model_spec& spec, std::uint32_t rows,
                                              capnp::List<schema::ForwardTensor>::Reader list);

} // namespace troupe
