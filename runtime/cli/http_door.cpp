#include "runtime/cli/http_door.hpp"

#include <kj/encoding.h>

namespace troupe {

namespace {

constexpr unsigned status_ok = 200;
/// The protocol doesn't tell the node's.
constexpr std::chrono::seconds assumed_deadline{30};
constexpr std::uint64_t assumed_bytes_max = 1ULL << 30;

std::string path_of(const std::string& deployment) {
  return std::string("/v2/models/") + kj::encodeUriComponent(kj::StringPtr(deployment.c_str(), deployment.size())).cStr();
}

/// The body of a reply that is no refusal, which ends the command.
oip_body accepted(oip_reply reply) {
  if (reply.status == status_ok)
    return std::move(reply.body);
  auto refusal = read_oip_refusal(reply.status, reply.body.bytes);
  throw command_failure(exit_code_of(refusal), refusal.message);
}

} // namespace

kj::Promise<result<void>> http_channel::ask(std::uint64_t) {
  return ask().then([](oip_reply&& reply) -> result<void> {
    if (reply.status == status_ok)
      return {};
    return read_oip_refusal(reply.status, reply.body.bytes);
  });
}

std::uint64_t http_door::request_bytes_max() const {
  return assumed_bytes_max;
}

model_signature http_door::signature(const std::string& deployment) {
  auto body = accepted(wait(node_.get(path_of(deployment))));
  return require(read_oip_metadata(body.bytes), exit_code::failed);
}

void http_door::prepare(const inference_question& question) {
  deadline_ = question.deadline;
  channel_.emplace(node_, path_of(question.deployment) + "/infer", write_oip_question(question, form_));
}

inference_answer http_door::ask() {
  return require(read_oip_answer(accepted(wait(channel_->ask()))), exit_code::failed);
}

std::chrono::nanoseconds http_door::patience() const {
  return (deadline_.count() > 0 ? deadline_ : assumed_deadline) + answer_grace;
}

oip_reply http_door::wait(kj::Promise<oip_reply> reply) {
  try {
    return loop_.wait(kj::mv(reply), patience(), node_.address());
  } catch (const kj::Exception& e) {
    throw failure_of(e, node_.address());
  }
}

} // namespace troupe
