#include "runtime/host/control_socket.hpp"

namespace troupe {

namespace {

std::vector<tensor_spec> read_tensors(capnp::List<schema::TensorSpec>::Reader list) {
  std::vector<tensor_spec> tensors;
  for (auto entry : list) {
    tensor_spec spec;
    spec.name = entry.getName().cStr();
    spec.type = static_cast<datatype>(entry.getDatatype()); // the same numbers
    for (auto dim : entry.getShape())
      spec.dims.push_back(dim);
    tensors.push_back(std::move(spec));
  }
  return tensors;
}

} // namespace

result<void> send_message(int socket, capnp::MessageBuilder& message, const int* descriptors, std::size_t count) {
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  return send_packet(socket, bytes.begin(), bytes.size(), descriptors, count);
}

model_spec read_spec(schema::LoadVersion::Reader message) {
  model_spec spec;
  spec.inputs = read_tensors(message.getInputs());
  spec.outputs = read_tensors(message.getOutputs());
  spec.max_batch = message.getMaxBatch();
  spec.threads = message.getThreads();
  spec.memory_bytes = message.getMemoryBytes();
  return spec;
}

} // namespace troupe
