#include "runtime/cli/rpc_channel.hpp"

#include "runtime/cli/wire.hpp"

namespace troupe {

rpc_channel::rpc_channel(client& node, std::vector<const prepared_request*> requests, answer_hook on_answer)
  : address_(node.address()), inference_(node.inference()), requests_(std::move(requests)), on_answer_(std::move(on_answer)) {}

kj::Promise<result<void>> rpc_channel::ask(std::uint64_t index) {
  auto call = requests_[index % requests_.size()]->call(inference_);
  return call.send().then([this, index](capnp::Response<schema::Inference::InferResults>&& results) -> result<void> {
    auto response = results.getResponse();
    if (on_answer_)
      on_answer_(index, response);
    if (response.getError().getCode() == schema::Code::OK)
      return {};
    return error_of(response.getError());
  });
}

} // namespace troupe
