#include "runtime/cli/prepared_request.hpp"

#include <capnp/orphan.h>

#include <cstring>

namespace troupe {

namespace {

/// From here on a segment of its own costs less than a copy.
constexpr std::size_t large_bytes_min = 16 << 10;
constexpr std::uint64_t call_overhead_words = 32; // the Call, its target and its params around the request

} // namespace

prepared_request::prepared_request(const std::string& deployment, const std::vector<named_tensor>& inputs,
                                   std::chrono::microseconds deadline, const std::string& id,
                                   const std::vector<std::string>& outputs) {
  auto request = message_.initRoot<schema::InferRequest>();
  request.setDeployment(deployment);
  request.setId(id);
  request.setDeadlineUs(static_cast<std::uint64_t>(deadline.count()));
  auto wanted = request.initOutputs(static_cast<unsigned>(outputs.size()));
  for (unsigned i = 0; i < wanted.size(); ++i)
    wanted.set(i, outputs[i]);
  auto list = request.initInputs(static_cast<unsigned>(inputs.size()));
  for (unsigned i = 0; i < list.size(); ++i)
    add_input(list[i], i, inputs[i]);
  source_ = request.asReader();
  size_ = (source_.totalSize().wordCount + call_overhead_words) * sizeof(capnp::word);
  for (const auto& part : large_)
    size_ += part.words.size() * sizeof(capnp::word);
}

void prepared_request::add_input(schema::Tensor::Builder to, std::uint32_t index, const named_tensor& input) {
  to.setName(input.name);
  to.setDatatype(static_cast<schema::Datatype>(input.type));
  to.setShape(kj::arrayPtr(input.dims.data(), input.dims.size()));
  auto bytes = input.data.size();
  if (bytes < large_bytes_min) {
    to.setData({reinterpret_cast<const capnp::byte*>(input.data.data()), bytes});
    return;
  }
  std::vector<std::uint64_t> words((bytes + sizeof(capnp::word) - 1) / sizeof(capnp::word));
  std::memcpy(words.data(), input.data.data(), bytes);
  large_.push_back({index, std::move(words), bytes});
}

capnp::Request<schema::Inference::InferParams, schema::Inference::InferResults>
prepared_request::call(schema::Inference::Client& to) const {
  auto call = to.inferRequest(capnp::MessageSize{source_.totalSize().wordCount + call_overhead_words, 0});
  call.setRequest(source_);
  auto inputs = call.getRequest().getInputs();
  auto orphanage = capnp::Orphanage::getForMessageContaining(call.getRequest());
  for (const auto& part : large_)
    inputs[part.input].adoptData(
        orphanage.referenceExternalData({reinterpret_cast<const capnp::byte*>(part.words.data()), part.bytes}));
  return call;
}

} // namespace troupe
