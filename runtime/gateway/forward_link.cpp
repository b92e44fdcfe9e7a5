#include "runtime/gateway/forward_link.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/forward_codec.hpp"
#include "runtime/gateway/message_stream.hpp"

#include <kj/debug.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace troupe {

namespace {

/// Of what another node writes for a person.
constexpr std::size_t message_bytes_max = 1000;

/// A request that is under way, as far as its answer needs it.
struct sent_request {
  std::uint64_t ticket;
  std::uint32_t rows;
  bool answered = false;
};

error unreachable(const remote_pool& to) {
  return {error_code::unavailable, "node '" + to.peer().name() + "' can't be reached; retry"};
}

error failure_of(schema::Error::Reader from) {
  auto text = from.getMessage();
  return {from_schema(from.getCode()), std::string(text.begin(), std::min(text.size(), message_bytes_max))};
}

void write_request(schema::ForwardRequest::Builder into, const inference_request& from, steady_time now) {
  auto left = std::chrono::duration_cast<std::chrono::microseconds>(from.deadline - now).count();
  into.setDeadlineUs(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
  into.setTimeoutUs(static_cast<std::uint64_t>(from.timeout.count()));
  into.setPriority(from.priority);
  into.setCrashes(from.crashes);
  into.setAlone(from.alone);
  into.setCopy(from.is_copy);
  write_tensors(into.initInputs(static_cast<unsigned>(from.inputs.size())), from.inputs);
}

std::uint64_t words_of(const std::vector<forwarder::outgoing>& requests) {
  std::uint64_t words = 64;
  for (const auto& each : requests)
    words += words_for(each.request->inputs) + 16;
  return words;
}

void tell_answer(remote_pool& to, const sent_request& of, schema::ForwardAnswer::Reader answer) {
  if (answer.getError().getCode() != schema::Code::OK)
    return to.failed(of.ticket, answer.getCrashes(), failure_of(answer.getError()));
  if (auto outputs = read_outputs(to.spec(), of.rows, answer.getOutputs()))
    to.answered(of.ticket, *outputs);
  else
    to.failed(of.ticket, answer.getCrashes(),
              {error_code::unavailable,
               "node '" + to.peer().name() + "' sent what is no answer of the model: " + outputs.failure().message});
}

/// A call that was sent.
struct sent_call {
  std::shared_ptr<remote_pool> to;
  std::vector<sent_request> requests;
  std::size_t answered = 0; ///< of these
};

void fail_all(const sent_call& of) {
  of.to->doubt();
  for (const auto& each : of.requests)
    of.to->failed(each.ticket, 0, unreachable(*of.to));
}

} // namespace

/// One connection, from the first call on, until it fails. The loop keeps it.
class forward_link::session {
public:
  explicit session(std::uint64_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
  ~session() noexcept {} // KJ's destructors may throw by their type; these don't

  bool was_up() const { return stream_.get() != nullptr; }
  /// Numbers the call. It may be sent at once, and goes out when the connection is there.
  void send(kj::Own<capnp::MessageBuilder> message, sent_call call) {
    message->getRoot<schema::ForwardMessage>().setNumber(++last_number_);
    calls_.emplace(last_number_, std::move(call));
    write(kj::mv(message));
  }
  /// Those of the pool's requests that have no answer yet.
  void withdraw(const remote_pool& to, const std::set<std::uint64_t>& tickets) {
    for (const auto& [number, call] : calls_)
      if (call.to.get() == &to)
        if (auto indices = unanswered(call, tickets); !indices.empty()) {
          auto message = kj::heap<capnp::MallocMessageBuilder>();
          auto root = message->initRoot<schema::ForwardMessage>();
          root.setNumber(number);
          root.setWithdrawn(kj::arrayPtr(indices.data(), indices.size()));
          write(kj::mv(message));
        }
  }
  /// Until the connection has ended, or there is none.
  kj::Promise<void> run(kj::Promise<kj::Own<kj::AsyncIoStream>> connecting) {
    return connecting.then([this](kj::Own<kj::AsyncIoStream>&& socket) {
      stream_ = kj::heap<message_stream>(kj::mv(socket), message_bytes_max_);
      for (auto& each : early_)
        stream_->send(kj::mv(each));
      early_.clear();
      return stream_->run([this](kj::Own<received_message> message) { on_message(*message); });
    });
  }
  /// Once it has ended.
  void fail_calls() {
    for (const auto& [number, call] : std::exchange(calls_, {}))
      fail_all(call);
  }

private:
  void write(kj::Own<capnp::MessageBuilder> message) {
    if (was_up())
      stream_->send(kj::mv(message));
    else
      early_.push_back(kj::mv(message));
  }
  static std::vector<std::uint32_t> unanswered(const sent_call& of, const std::set<std::uint64_t>& tickets) {
    std::vector<std::uint32_t> indices;
    for (std::uint32_t i = 0; i < of.requests.size(); ++i)
      if (const auto& each = of.requests[i]; !each.answered && tickets.count(each.ticket) != 0)
        indices.push_back(i);
    return indices;
  }
  void on_message(received_message& message) {
    auto told = message.root<schema::ForwardMessage>();
    auto found = calls_.find(told.getNumber());
    KJ_REQUIRE(told.isAnswer() && found != calls_.end(), "not an answer to a call");
    auto& call = found->second; // stays where it is, though telling may send another call
    auto answer = told.getAnswer();
    KJ_REQUIRE(answer.getIndex() < call.requests.size(), "not an answer to one of the call's requests");
    auto& request = call.requests[answer.getIndex()];
    KJ_REQUIRE(!request.answered, "a second answer to a request");
    tell_answer(*call.to, request, answer);
    request.answered = true; // not before: what can't be read is none
    if (++call.answered == call.requests.size())
      calls_.erase(told.getNumber());
  }

  const std::uint64_t message_bytes_max_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, sent_call> calls_; ///< that have no answers yet
  std::vector<kj::Own<capnp::MessageBuilder>> early_;  ///< for when the connection is there
  kj::Own<message_stream> stream_;
};

void forward_link::send(const std::shared_ptr<remote_pool>& to, const std::vector<forwarder::outgoing>& requests) {
  sent_call sent{to, {}, 0};
  sent.requests.reserve(requests.size());
  for (const auto& each : requests)
    sent.requests.push_back({each.ticket, each.request->rows});
  if (session_ == nullptr && loop_.io().provider->getTimer().now() >= wait_until_)
    open();
  if (session_ == nullptr)
    return fail_all(sent);

  auto message = kj::heap<capnp::MallocMessageBuilder>(words_of(requests));
  auto call = message->initRoot<schema::ForwardMessage>().initCall();
  call.setDeployment(to->id().deployment.c_str());
  call.setVersion(to->id().number);
  auto list = call.initRequests(static_cast<unsigned>(requests.size()));
  auto now = time_.now();
  for (unsigned i = 0; i < requests.size(); ++i)
    write_request(list[i], *requests[i].request, now);
  session_->send(kj::mv(message), std::move(sent));
}

void forward_link::withdraw(const remote_pool& to, const std::set<std::uint64_t>& tickets) {
  if (session_ != nullptr)
    session_->withdraw(to, tickets);
}

void forward_link::open() {
  auto next = kj::heap<session>(forward_message_bytes_max(options_));
  session_ = next.get();
  auto ended = next->run(kj::evalNow([this] { return dialler_.connect(loop_, node_id_); }));
  auto told = [this, which = next.get()] { on_ended(*which); };
  loop_.keep(ended.then(kj::cp(told), [told](kj::Exception&&) { told(); }).attach(kj::mv(next)));
}

void forward_link::on_ended(session& ended) {
  failures_in_a_row_ = ended.was_up() ? 0 : failures_in_a_row_ + 1;
  session_ = nullptr;
  auto wait = std::min<kj::Duration>(wait_max, wait_base * (1U << std::min(failures_in_a_row_, 10U)));
  wait_until_ = loop_.io().provider->getTimer().now() + wait;
  ended.fail_calls();
}

forward_links::forward_links(const std::vector<kj_loop*>& loops, data_dialler& dialler, const clock& time,
                             gateway_options options)
  : dialler_(dialler), time_(time), options_(options) {
  for (auto loop : loops)
    lanes_.push_back({loop, {}});
}

void forward_links::forward(const std::shared_ptr<remote_pool>& to, event_loop& from, const std::vector<outgoing>& requests) {
  auto& on = lane_of(from);
  auto& link = on.links[to->peer().node_id()];
  if (link == nullptr)
    link = std::make_unique<forward_link>(*on.loop, dialler_, to->peer().node_id(), time_, options_);
  link->send(to, requests);
}

void forward_links::withdraw(const std::shared_ptr<remote_pool>& to, event_loop& from, std::set<std::uint64_t> tickets) {
  from.post([&on = lane_of(from), to, tickets = std::move(tickets)] {
    if (auto found = on.links.find(to->peer().node_id()); found != on.links.end())
      found->second->withdraw(*to, tickets);
  });
}

forward_links::lane& forward_links::lane_of(const event_loop& loop) {
  return *std::find_if(lanes_.begin(), lanes_.end(), [&loop](const lane& each) { return each.loop == &loop; });
}

} // namespace troupe
