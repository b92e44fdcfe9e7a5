#include "runtime/gateway/forward_link.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/forward_codec.hpp"
#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/rpc_connection.hpp"

#include <capnp/rpc-twoparty.h>

#include <algorithm>

namespace troupe {

namespace {

/// Of what another node writes for a person.
constexpr std::size_t message_bytes_max = 1000;

/// A request that is under way, as far as its answer needs it.
struct sent_request {
  std::uint64_t ticket;
  std::uint32_t rows;
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

void fail_all(remote_pool& to, const std::vector<sent_request>& sent) {
  to.doubt();
  for (const auto& each : sent)
    to.failed(each.ticket, 0, unreachable(to));
}

void tell_answers(remote_pool& to, const std::vector<sent_request>& sent, capnp::List<schema::ForwardAnswer>::Reader answers) {
  if (answers.size() != sent.size())
    return fail_all(to, sent);
  for (unsigned i = 0; i < sent.size(); ++i)
    tell_answer(to, sent[i], answers[i]);
}

} // namespace

/// One connection, from the first call on, until it fails. The loop keeps it.
class forward_link::session {
public:
  explicit session(const gateway_options& options) : options_(options) {
    auto opened = kj::newPromiseAndFulfiller<schema::Forward::Client>();
    opened_ = kj::mv(opened.fulfiller);
    peer_ = kj::mv(opened.promise);
  }
  ~session() noexcept(false) {}

  /// Calls may be made at once; they go out when it is there.
  schema::Forward::Client& peer() { return peer_; }
  bool was_up() const { return connection_.get() != nullptr; }

  /// Until the connection has ended, or there is none.
  kj::Promise<void> run(kj::Promise<kj::Own<kj::AsyncIoStream>> connecting) {
    return connecting.then([this](kj::Own<kj::AsyncIoStream>&& stream) {
      connection_ = kj::heap<connection>(kj::mv(stream), message_limit(forward_message_bytes_max(options_)));
      capnp::MallocMessageBuilder message;
      auto id = message.initRoot<capnp::rpc::twoparty::VatId>();
      id.setSide(capnp::rpc::twoparty::Side::SERVER);
      opened_->fulfill(connection_->system.bootstrap(id).castAs<schema::Forward>());
      return connection_->network.onDisconnect();
    });
  }

private:
  struct connection {
    connection(kj::Own<kj::AsyncIoStream> socket, const capnp::ReaderOptions& bounded)
      : stream(kj::mv(socket)), network(stream, capnp::rpc::twoparty::Side::CLIENT, bounded),
        system(capnp::makeRpcClient(network)) {}

    gathering_stream stream;
    capnp::TwoPartyVatNetwork network;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;
  };

  const gateway_options& options_;
  kj::Own<connection> connection_;
  kj::Own<kj::PromiseFulfiller<schema::Forward::Client>> opened_;
  schema::Forward::Client peer_ = nullptr;
};

void forward_link::send(const std::shared_ptr<remote_pool>& to, const std::vector<forwarder::outgoing>& requests) {
  std::vector<sent_request> sent;
  sent.reserve(requests.size());
  for (const auto& each : requests)
    sent.push_back({each.ticket, each.request->rows});
  if (session_ == nullptr && loop_.io().provider->getTimer().now() >= wait_until_)
    open();
  if (session_ == nullptr)
    return fail_all(*to, sent);

  auto call = session_->peer().inferRequest(capnp::MessageSize{words_of(requests), 0});
  call.setDeployment(to->id().deployment.c_str());
  call.setVersion(to->id().number);
  auto list = call.initRequests(static_cast<unsigned>(requests.size()));
  auto now = time_.now();
  for (unsigned i = 0; i < requests.size(); ++i)
    write_request(list[i], *requests[i].request, now);
  auto answered = call.send().then(
      [to, sent](capnp::Response<schema::Forward::InferResults>&& answer) { tell_answers(*to, sent, answer.getAnswers()); });
  loop_.keep(answered.catch_([to, sent](kj::Exception&&) { fail_all(*to, sent); }));
}

void forward_link::open() {
  auto next = kj::heap<session>(options_);
  session_ = next.get();
  auto ended = next->run(kj::evalNow([this] { return dialler_.connect(loop_, node_id_); }));
  auto told = [this, which = next.get()] { on_ended(which); };
  loop_.keep(ended.then(kj::cp(told), [told](kj::Exception&&) { told(); }).attach(kj::mv(next)));
}

void forward_link::on_ended(const session* ended) {
  if (session_ != ended)
    return;
  failures_in_a_row_ = ended->was_up() ? 0 : failures_in_a_row_ + 1;
  session_ = nullptr;
  auto wait = std::min<kj::Duration>(wait_max, wait_base * (1U << std::min(failures_in_a_row_, 10U)));
  wait_until_ = loop_.io().provider->getTimer().now() + wait;
}

forward_links::forward_links(const std::vector<kj_loop*>& loops, data_dialler& dialler, const clock& time,
                             gateway_options options)
  : dialler_(dialler), time_(time), options_(options) {
  for (auto loop : loops)
    lanes_.push_back({loop, {}});
}

void forward_links::forward(const std::shared_ptr<remote_pool>& to, event_loop& from, const std::vector<outgoing>& requests) {
  auto& on = *std::find_if(lanes_.begin(), lanes_.end(), [&from](const lane& each) { return each.loop == &from; });
  auto& link = on.links[to->peer().node_id()];
  if (link == nullptr)
    link = std::make_unique<forward_link>(*on.loop, dialler_, to->peer().node_id(), time_, options_);
  link->send(to, requests);
}

} // namespace troupe
