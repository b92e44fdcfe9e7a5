#pragma once

#include "runtime/cli/http_client.hpp"
#include "runtime/cli/inference_door.hpp"

#include <optional>

namespace troupe {

/// Asks one question over HTTP.
class http_channel final : public load_channel {
public:
  http_channel(http_client& node, std::string path, oip_body question)
    : node_(node), path_(std::move(path)), question_(std::move(question)) {}

  kj::Promise<oip_reply> ask() { return node_.post(path_, question_); }
  kj::Promise<result<void>> ask(std::uint64_t index) override;
  const std::string& address() const override { return node_.address(); }

private:
  http_client& node_;
  std::string path_;
  oip_body question_;
};

/// The Open Inference Protocol over HTTP: a connection for each request in flight.
class http_door final : public inference_door {
public:
  http_door(const node_target& target, tensor_form form, std::uint32_t connections)
    : form_(form), node_(loop_, target, connections) {}

  client_loop& loop() override { return loop_; }
  std::uint64_t request_bytes_max() const override;
  model_signature signature(const std::string& deployment) override;
  void prepare(const inference_question& question) override;
  inference_answer ask() override;
  std::vector<load_channel*> channels() override { return {&*channel_}; }
  std::chrono::nanoseconds patience() const override;

private:
  oip_reply wait(kj::Promise<oip_reply> reply);

  client_loop loop_;
  tensor_form form_;
  http_client node_;
  std::chrono::nanoseconds deadline_{0};
  std::optional<http_channel> channel_;
};

} // namespace troupe
