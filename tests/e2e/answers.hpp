#pragma once

#include "runtime/cli/client.hpp"
#include "runtime/oip/named_tensor.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace troupe::test {

/// An FP32 tensor.
named_tensor fp32(const std::string& name, shape dims, const std::vector<float>& values);
/// The tensor that the test models' rows make: input "x" FP32 [1, 4]. A first value of 666 is magic to some.
named_tensor row(float first);
inline named_tensor magic_row() {
  return row(666);
}
std::vector<float> floats_of(const named_tensor& tensor);

/// What a request gave: outputs, or why not.
struct answer {
  std::string error; ///< "invalid_argument: …"; empty: outputs
  std::uint32_t version = 0;
  std::vector<named_tensor> outputs;
};

using pending_answer = kj::Promise<capnp::Response<schema::Inference::InferResults>>;

/// A client with its own loop: one at a time in a thread.
class caller {
public:
  explicit caller(const std::string& address) : node_(address) {}

  client& node() { return node_; }
  /// Sends exactly what is given, be it wrong.
  answer ask(const std::string& deployment, const std::vector<named_tensor>& inputs, std::chrono::microseconds deadline = {});
  /// Sends them in one turn of the loop, in order; the answers in the same order.
  std::vector<answer> ask_together(const std::string& deployment, const std::vector<named_tensor>& inputs,
                                   std::chrono::microseconds deadline = {});
  /// Whether an identity deployment gives back what it is given.
  bool echoes(const std::string& deployment);

private:
  quiet_kj quiet_;
  client node_;
};

/// The same over a connection of its own, whatever clients this thread has.
bool echoes_to_a_new_client(const std::string& address, const std::string& deployment);

} // namespace troupe::test
