#include "runtime/gateway/peer_link.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

class silent_errors final : public kj::TaskSet::ErrorHandler {
public:
  /// Every task has its own error arm.
  void taskFailed(kj::Exception&&) override {}
};
silent_errors no_handler;

} // namespace

peer_link::peer_link(kj_loop& loop, const clock& time, const peer_self& self, const peer_trust& trust, const peer_dialler& dial,
                     const peer_client_options& options, peer_address whom)
  : loop_(loop), time_(time), self_(self), trust_(trust), dial_(dial), options_(options), whom_(std::move(whom)),
    next_rest_(options.rest_base), tasks_(no_handler) {}

void peer_link::ask(std::shared_ptr<pending_question> what) {
  if (under_way_ >= options_.questions_max)
    return what->tell(error{error_code::overloaded, "node " + whom_.node_id + " has not answered " + std::to_string(under_way_)
                                                        + " earlier questions yet; retry later"});
  if (phase_ == phase::resting && timer().now() < rested_)
    return what->tell(why_resting_);
  auto too_late = timer().afterDelay(what->patience.count() * kj::MILLISECONDS).then([this]() -> result<peer_answer> {
    return error{error_code::deadline_exceeded, "node " + whom_.node_id + " has not answered in time; retry"};
  });
  ++under_way_;
  tasks_.add(opened()
                 .then([this, what](result<void> there) -> kj::Promise<result<peer_answer>> {
                   if (!there)
                     return result<peer_answer>(there.failure());
                   return send(*what);
                 })
                 .exclusiveJoin(kj::mv(too_late))
                 .then([what](result<peer_answer> answer) { what->tell(std::move(answer)); })
                 .attach(kj::defer([this] { --under_way_; })));
}

kj::Promise<result<void>> peer_link::opened() {
  if (phase_ == phase::open)
    return result<void>();
  auto pair = kj::newPromiseAndFulfiller<result<void>>();
  waiting_.push_back(kj::mv(pair.fulfiller));
  if (phase_ != phase::connecting)
    connect();
  return kj::mv(pair.promise);
}

void peer_link::connect() {
  phase_ = phase::connecting;
  auto too_late = timer().afterDelay(options_.connect_timeout.count() * kj::MILLISECONDS).then([this]() -> result<wall_time> {
    return unreachable("no answer within " + std::to_string(options_.connect_timeout.count()) + " ms");
  });
  tasks_.add(kj::evalNow([this] { return dial_(whom_); })
                 .then([this](kj::Own<kj::AsyncIoStream> stream) { return greet(kj::mv(stream)); })
                 .catch_([this](kj::Exception&& why) -> result<wall_time> { return unreachable(tls_trouble(why)); })
                 .exclusiveJoin(kj::mv(too_late))
                 .then([this](result<wall_time> until) { on_connected(until); }));
}

kj::Promise<result<wall_time>> peer_link::greet(kj::Own<kj::AsyncIoStream> stream) {
  channel_ = kj::heap<peer_channel>(kj::mv(stream), options_.message_bytes_max);
  return channel_->greet({self_.node_id, trust_.own_certificate()}, self_.software, trust_.hear)
      .then([this](result<peer_greeting> theirs) -> result<wall_time> {
        if (!theirs) // that it isn't let in is the one refusal that no waiting helps against
          return error{theirs.failure().code == error_code::permission_denied ? error_code::permission_denied
                                                                              : error_code::unavailable,
                       theirs.failure().message};
        auto until = judge(*theirs);
        return until ? until : unreachable(until.failure().message);
      });
}

result<wall_time> peer_link::judge(const peer_greeting& theirs) const {
  if (theirs.node_id != whom_.node_id)
    return error{error_code::permission_denied, "node " + theirs.node_id + " answers there"};
  return trust_.valid_until(theirs.certificate, whom_.node_id);
}

void peer_link::on_connected(const result<wall_time>& until) {
  if (until)
    open_until(*until);
  else
    rest(until.failure());
  for (auto& each : std::exchange(waiting_, {}))
    each->fulfill(until ? result<void>() : until.failure());
}

void peer_link::open_until(wall_time until) {
  phase_ = phase::open;
  next_rest_ = options_.rest_base;
  auto over = timer().afterDelay(time_left(until, time_));
  tasks_.add(channel_->on_disconnect().exclusiveJoin(kj::mv(over)).then([this] { on_broken(); }));
}

void peer_link::rest(const error& why) {
  phase_ = phase::resting;
  channel_ = nullptr;
  why_resting_ = why;
  rested_ = timer().now() + next_rest_.count() * kj::MILLISECONDS;
  next_rest_ = std::min(2 * next_rest_, options_.rest_max);
}

void peer_link::on_broken() {
  phase_ = phase::closed;
  channel_ = nullptr;
}

kj::Promise<result<peer_answer>> peer_link::send(pending_question& what) {
  // Between `opened` and here the connection may have broken.
  if (phase_ != phase::open)
    return result<peer_answer>(unreachable("the connection broke"));
  what.sent = true;
  return channel_->ask(what).catch_([this](kj::Exception&& why) -> result<peer_answer> { return broke_off(why); });
}

error peer_link::unreachable(const std::string& why) const {
  return {error_code::unavailable, "cannot reach node " + whom_.node_id + " at " + whom_.address + ": " + why};
}

error peer_link::broke_off(const kj::Exception& why) const {
  if (why.getType() == kj::Exception::Type::DISCONNECTED || phase_ != phase::open)
    return {error_code::deadline_exceeded, "the connection to node " + whom_.node_id + " broke before it answered; retry"};
  if (why.getType() == kj::Exception::Type::OVERLOADED)
    return {error_code::overloaded, "node " + whom_.node_id + " is overloaded; retry later"};
  return {error_code::internal, "node " + whom_.node_id + " failed on this; its log has the details"};
}

} // namespace troupe
