#pragma once

#include "runtime/oip/named_tensor.hpp"

#include "schemas/inference.capnp.h"

#include <capnp/message.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// An inference request that is built once and sent as often as one likes. Not movable. Must outlive every call that was made
/// from it; where a call was given up (a timeout), nobody may wait on its client after this is gone.
class prepared_request {
public:
  /// The deadline 0 leaves it to the node.
  prepared_request(const std::string& deployment, const std::vector<named_tensor>& inputs,
                   std::chrono::microseconds deadline = {}, const std::string& id = {},
                   const std::vector<std::string>& outputs = {});

  /// Fills a call. Large tensors are sent from this object's own memory, not copied.
  capnp::Request<schema::Inference::InferParams, schema::Inference::InferResults> call(schema::Inference::Client& to) const;

  /// Bytes of the message on the wire, rounded up a little.
  std::uint64_t size() const { return size_; }

private:
  void add_input(schema::Tensor::Builder to, std::uint32_t index, const named_tensor& input);

  struct large_data {
    std::uint32_t input;
    std::vector<std::uint64_t> words; ///< zero behind `bytes`: the whole words are sent
    std::uint64_t bytes;
  };

  capnp::MallocMessageBuilder message_; ///< an InferRequest without the large tensors' data
  schema::InferRequest::Reader source_;
  std::vector<large_data> large_;
  std::uint64_t size_ = 0;
};

} // namespace troupe
