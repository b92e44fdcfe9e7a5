#pragma once

#include "runtime/cli/client.hpp"
#include "runtime/cli/load.hpp"
#include "runtime/cli/prepared_request.hpp"

#include <functional>
#include <vector>

namespace troupe {

/// Asks over Cap'n Proto RPC, on a client's connection.
class rpc_channel final : public load_channel {
public:
  /// Called with each answer, refusals too, in the order in which they come.
  using answer_hook = std::function<void(std::uint64_t index, schema::InferResponse::Reader)>;

  /// The requests are sent in turn, from the first again after the last. At least one; they must outlive the client's use.
  rpc_channel(client& node, std::vector<const prepared_request*> requests, answer_hook on_answer = {});

  kj::Promise<result<void>> ask(std::uint64_t index) override;
  const std::string& address() const override { return address_; }

private:
  std::string address_;
  schema::Inference::Client inference_;
  std::vector<const prepared_request*> requests_;
  answer_hook on_answer_;
};

} // namespace troupe
