#include "runtime/gateway/http_connection.hpp"

#include <kj/debug.h>

#include <sys/socket.h>
#include <utility>

namespace troupe {

namespace {

/// An answer that is smaller isn't packed: it would hardly become smaller still.
constexpr std::size_t packed_bytes_min = 1024;
/// Nor is one that is larger: other clients of this loop would have to wait for that, some 10 ms a MiB.
constexpr std::size_t packed_bytes_max = 1024 * 1024;
/// For a client to read the last answer before it is hung up on.
constexpr auto leave_patience = std::chrono::seconds(2);
/// More than this of a body that is refused isn't read to give the client time for the answer.
constexpr std::size_t discarded_bytes_max = 256ULL << 20;

constexpr kj::StringPtr go_on = "HTTP/1.1 100 Continue\r\n\r\n"_kj;

/// An answer as it goes out.
struct outgoing {
  std::string head;
  std::string body;
  byte_lease held;
  kj::ArrayPtr<const kj::byte> pieces[2];
};

kj::ArrayPtr<const kj::byte> bytes_of(const std::string& text) {
  return kj::arrayPtr(reinterpret_cast<const kj::byte*>(text.data()), text.size());
}

} // namespace

http_connection::http_connection(http_lane& lane, kj::Own<kj::AsyncIoStream> socket, caller who)
  : lane_(lane), options_(lane.service.options()), who_(std::move(who)), stream_(kj::mv(socket)),
    input_(stream_, [this] { on_end_of_input(); }) {
  lane_.deadlines.enter(*this);
}

http_connection::~http_connection() noexcept {
  lane_.deadlines.leave(*this);
}

kj::Promise<void> http_connection::serve() {
  auto ended = kj::newPromiseAndFulfiller<void>();
  ended_ = kj::mv(ended.fulfiller);
  gone_ = stream_.whenWriteDisconnected().then([this] { end(); }).eagerlyEvaluate([](kj::Exception&&) {});
  work(serve_all(options_.login_timeout));
  return kj::mv(ended.promise);
}

void http_connection::look(kj::TimePoint now) {
  if (!until_ || now < *until_)
    return;
  until_.reset();
  switch (state_) {
  case state::head: return work(refuse(error_reply(408, "the request did not come in time; send it faster")));
  case state::body:
    return work(refuse(error_reply(408, "the body did not come in time; send it faster, or in several requests")));
  case state::answering: stop_sending(); return end();
  case state::idle:
  case state::running:
  case state::leaving: return end();
  }
}

kj::TimePoint http_connection::now() const {
  return lane_.loop.io().provider->getTimer().now();
}

void http_connection::enter(state next, std::chrono::milliseconds patience) {
  state_ = next;
  until_ = now() + patience.count() * kj::MILLISECONDS;
}

void http_connection::stop_sending() {
  linger at_once{1, 0};
  stream_.setsockopt(SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void http_connection::end() {
  ended_->fulfill();
}

void http_connection::work(kj::Promise<void> next) {
  work_ = next.then([this] { end(); }).eagerlyEvaluate([this](kj::Exception&& failure) {
    if (failure.getType() != kj::Exception::Type::DISCONNECTED)
      KJ_LOG(ERROR, "an HTTP connection failed", failure);
    end();
  });
}

kj::Promise<void> http_connection::serve_all(std::chrono::milliseconds patience) {
  enter(state::idle, patience);
  under_way_.reset();
  return take_head().then([this](bool there) -> kj::Promise<void> {
    if (!there)
      return kj::READY_NOW;
    return serve_one().then([this]() -> kj::Promise<void> { return stays_ ? serve_all(options_.idle_timeout) : leave(); });
  });
}

kj::Promise<bool> http_connection::take_head() {
  auto found = reader_.advance(input_.unread());
  if (found == http_head_reader::progress::refused) {
    head_ = {};
    plan_ = {};
    return refuse(std::move(reader_.refusal())).then([] { return false; });
  }
  if (found == http_head_reader::progress::whole) {
    input_.consume(reader_.size());
    head_ = std::move(reader_.head());
    reader_ = {};
    return true;
  }
  if (input_.ended())
    return false;
  if (state_ == state::idle && !input_.unread().empty())
    enter(state::head, options_.login_timeout);
  return input_.more().then([this] { return take_head(); });
}

kj::Promise<void> http_connection::serve_one() {
  stays_ = head_.stays;
  plan_ = {};
  auto planned = lane_.service.plan(head_, who_);
  if (auto refusal = std::get_if<http_reply>(&planned))
    return refuse_unread(std::move(*refusal));
  plan_ = std::move(std::get<http_plan>(planned));
  return receive()
      .then([this](received_body body) -> kj::Promise<http_reply> {
        if (auto refusal = std::get_if<http_reply>(&body)) {
          stays_ = false;
          return std::move(*refusal);
        }
        return run(std::move(std::get<http_body>(body)));
      })
      .then([this](http_reply reply) { return send(std::move(reply)); });
}

kj::Promise<received_body> http_connection::receive() {
  enter(state::body, options_.idle_timeout);
  const body_limits limits{options_.message_bytes_max, lane_.bodies};
  if (!plan_.takes_body())
    return skip_body(input_, head_, limits.bytes_max).then([this](bool whole) {
      stays_ = stays_ && whole;
      return received_body(http_body());
    });
  if (head_.awaits_continue && head_.length <= limits.bytes_max)
    interim_ = stream_.write(go_on.begin(), go_on.size()).eagerlyEvaluate([](kj::Exception&&) {});
  return read_body(input_, head_, limits);
}

kj::Promise<http_reply> http_connection::run(http_body body) {
  auto whole = unpacked(std::move(body), plan_.packed, {options_.message_bytes_max, lane_.bodies});
  if (auto refusal = std::get_if<http_reply>(&whole))
    return std::move(*refusal);
  state_ = state::running; // the request has a deadline of its own
  until_.reset();
  input_.read_ahead();
  if (plan_.route.target == http_target::infer)
    under_way_.emplace(lane_.under_way);
  return lane_.service.answer(plan_, std::move(std::get<http_body>(whole)), who_);
}

kj::Promise<void> http_connection::refuse_unread(http_reply why) {
  if (head_.awaits_continue) // whether the body comes is open
    return refuse(std::move(why));
  enter(state::body, options_.idle_timeout);
  auto skipped = skip_body(input_, head_, options_.message_bytes_max);
  return skipped.then([this, why = std::move(why)](bool whole) mutable {
    stays_ = stays_ && whole;
    return send(std::move(why));
  });
}

kj::Promise<void> http_connection::refuse(http_reply why) {
  stays_ = false;
  return send(std::move(why)).then([this] { return leave(); });
}

kj::Promise<void> http_connection::send(http_reply reply) {
  enter(state::answering, options_.idle_timeout);
  if (!under_way_)
    under_way_.emplace(lane_.under_way);
  bool last = input_.ended() && input_.unread().empty();
  stays_ = stays_ && !last && !lane_.service.draining();
  byte_lease held(lane_.bodies);
  if (!held.grow_to(reply.body.size()))
    reply = error_reply({error_code::overloaded, "the node holds as many bytes of requests and answers as it may "
                                                 "(limits.body_bytes); retry later"});
  bool worth_packing = reply.body.size() >= packed_bytes_min && reply.body.size() <= packed_bytes_max;
  auto packed = worth_packing ? plan_.accepted : content_coding::identity;
  if (packed != content_coding::identity)
    reply.body = pack(reply.body, packed);
  auto next = !stays_ ? after_answer::closes : head_.is_1_1 ? after_answer::stays : after_answer::stays_as_1_0;
  auto out = kj::heap<outgoing>();
  out->head = written_head(reply, packed, next);
  out->body = std::move(reply.body);
  out->held = std::move(held);
  out->pieces[0] = bytes_of(out->head);
  out->pieces[1] = bytes_of(out->body);
  auto written = stream_.write(kj::arrayPtr(out->pieces, head_.only_head ? 1 : 2));
  return written.attach(kj::mv(out));
}

kj::Promise<void> http_connection::leave() {
  enter(state::leaving, leave_patience);
  under_way_.reset();
  stream_.shutdownWrite();
  return discard(discarded_bytes_max);
}

kj::Promise<void> http_connection::discard(std::size_t left) {
  auto count = input_.unread().size();
  input_.consume(count);
  if (input_.ended() || count > left)
    return kj::READY_NOW;
  return input_.more().then([this, left = left - count] { return discard(left); });
}

void http_connection::on_end_of_input() {
  if (state_ == state::running && head_.is_1_1)
    interim_ = stream_.write(go_on.begin(), go_on.size()).eagerlyEvaluate([](kj::Exception&&) {});
}

} // namespace troupe
