#include "runtime/gateway/peer_service.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/peer_codec.hpp"
#include "storage/assignment_codec.hpp"
#include "storage/record_schema.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Some questions take as long as their asker likes to wait; none may hold its actor for ever.
constexpr std::chrono::microseconds patience_max = std::chrono::hours(7 * 24);

std::chrono::milliseconds patience_of(std::uint64_t asked_us) {
  auto most = static_cast<std::uint64_t>(patience_max.count());
  auto asked = std::chrono::microseconds(static_cast<std::int64_t>(std::min(asked_us, most)));
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(asked), std::chrono::milliseconds(1));
}

} // namespace

kj::Promise<void> peer_login::hello(HelloContext call) {
  auto theirs = call.getParams().getMine();
  auto results = call.getResults();
  if (context_.trust.lead)
    write(results.initLead(), context_.trust.lead());
  auto until = judge(theirs);
  if (!until) {
    auto why = until.failure();
    why.message = "node " + context_.self.node_id + " refuses this node: " + why.message;
    write_error(results.initError(), why);
    return kj::READY_NOW;
  }
  auto mine = results.initTheirs();
  mine.setNodeId(to_text(context_.self.node_id));
  mine.setCertificate(to_text(context_.trust.own_certificate()));
  mine.setProtocol(schema::PEER_PROTOCOL_VERSION);
  mine.setSoftware(to_text(context_.self.software));
  results.setPeer(kj::heap<peer_service>(context_, who_));
  greeted_->fulfill(kj::mv(*until));
  return kj::READY_NOW;
}

result<wall_time> peer_login::judge(schema::Greeting::Reader theirs) const {
  if (auto name = to_string(theirs.getNodeId()); name != who_)
    return error{error_code::permission_denied, "it calls itself " + name + ", but its certificate is node " + who_ + "'s"};
  if (theirs.getProtocol() < schema::PEER_PROTOCOL_VERSION)
    return error{error_code::failed_precondition, "its release " + to_string(theirs.getSoftware()) + " is too old to talk to "
                                                      + context_.self.software + "; upgrade it"};
  if (auto admitted = context_.trust.admits(who_); !admitted)
    return admitted.failure();
  return context_.trust.valid_until(to_string(theirs.getCertificate()), who_);
}

kj::Promise<void> peer_service::ask(AskContext call) {
  auto params = call.getParams();
  auto question = read_question(params.getQuestion());
  auto patience = patience_of(params.getPatienceUs());
  call.releaseParams();
  if (question && under_way_ >= context_.options.questions_max)
    question = error{error_code::overloaded,
                     "this node has " + std::to_string(under_way_) + " questions of yours under way; retry later"};
  if (!question) {
    write(call.getResults().initAnswer(), question.failure());
    return kj::READY_NOW;
  }
  call.allowCancellation(); // else a question that is taken back would wait for its answer
  ++under_way_;
  return context_.actors
      .await<peer_answer>([&](auto told) { return context_.desk.ask(who_, std::move(*question), patience, std::move(told)); })
      .then([call](result<peer_answer> answer) mutable { write(call.getResults().initAnswer(), answer); })
      .attach(kj::defer([this] { --under_way_; }));
}

} // namespace troupe
