#pragma once

#include "runtime/cli/inference_door.hpp"
#include "runtime/cli/rpc_channel.hpp"

#include <optional>

namespace troupe {

/// Cap'n Proto RPC: any number of requests in flight on each connection.
class rpc_door final : public inference_door {
public:
  rpc_door(const node_target& target, std::uint32_t connections);

  client_loop& loop() override { return loop_; }
  std::uint64_t request_bytes_max() const override { return clients_.front()->limits().message_bytes_max; }
  model_signature signature(const std::string& deployment) override;
  void prepare(const inference_question& question) override;
  inference_answer ask() override;
  std::vector<load_channel*> channels() override;
  std::chrono::nanoseconds patience() const override;

private:
  client_loop loop_;
  std::string deployment_;
  std::chrono::nanoseconds deadline_{0};
  std::optional<prepared_request> request_; ///< outlives the clients
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<rpc_channel> channels_;
};

} // namespace troupe
