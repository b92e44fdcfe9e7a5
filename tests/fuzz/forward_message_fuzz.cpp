#include "runtime/gateway/forward_link.hpp"
#include "runtime/gateway/forward_service.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/no_events.hpp"
#include "tests/support/plain_runner.hpp"
#include "tests/support/recorded_request.hpp"

#include <future>

namespace troupe {

namespace {

model_spec echo_spec() {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, 1}}};
  spec.outputs = spec.inputs;
  spec.max_batch = 4;
  return spec;
}

gateway_options small_limits() {
  gateway_options options;
  options.message_bytes_max = 1 << 14;
  return options;
}

/// Reads all, says that, and hangs up.
kj::Promise<void> talk(kj::Own<kj::AsyncIoStream> end, std::string_view sent) {
  auto& stream = *end;
  auto write = stream.write(sent.data(), sent.size()).then([&stream] { stream.shutdownWrite(); }).eagerlyEvaluate(nullptr);
  auto read = stream.readAllBytes().ignoreResult();
  return kj::joinPromises(kj::arr(kj::mv(write), kj::mv(read))).attach(kj::mv(end));
}

/// The other end of each connection says what it is told to.
class talking_dialler final : public data_dialler {
public:
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(kj_loop& on, const std::string&) override {
    auto pipe = kj::newTwoWayPipe();
    on.keep(talk(kj::mv(pipe.ends[0]), sent));
    return kj::mv(pipe.ends[1]);
  }

  std::string_view sent;
};

/// A node with the deployment "echo", and with another one that it forwards to.
class two_ends {
public:
  two_ends() {
    echo_->attach(std::make_shared<plain_runner>(echo_));
    routes_.enlist(echo_);
  }

  /// Another node's call.
  void serve(std::string_view sent) {
    std::promise<void> served;
    loop_.post([&] {
      auto pipe = kj::newTwoWayPipe();
      auto gone = server_.serve(0, kj::mv(pipe.ends[0]), "b").eagerlyEvaluate(nullptr);
      loop_.keep(kj::joinPromises(kj::arr(talk(kj::mv(pipe.ends[1]), sent), kj::mv(gone)))
                     .then([&] { served.set_value(); }, [&](kj::Exception&&) { served.set_value(); }));
    });
    served.get_future().wait();
  }

  /// Another node's answer to a request, which has one whatever that says.
  void ask(std::string_view sent) {
    dialler_.sent = sent;
    auto result = std::make_shared<outcome>();
    loop_.post([&] {
      auto there = std::make_shared<remote_pool>(version_id{"echo", 1}, echo_spec(), 1, next_peer(), links_);
      auto next = std::make_unique<recorded_request>(loop_, std::vector<float>{1}, 1, result);
      next->deadline = next->arrived + std::chrono::seconds(60);
      there->submit(std::move(next));
      there->dispatch(loop_);
    });
    require(result->wait(), "the request has an answer");
    require(result->times == 1, "it has one answer");
  }

private:
  /// A node that was lost is dialled again only after a while.
  std::shared_ptr<peer_status> next_peer() {
    constexpr std::uint64_t peers = 10'000;
    return std::make_shared<peer_status>(std::to_string(asked_++ % peers));
  }

  const gateway_options options_ = small_limits();
  real_clock time_;
  no_events events_;
  drain_gate drain_;
  routing_cell routes_;
  std::shared_ptr<pool> echo_ = std::make_shared<pool>(version_id{"echo", 1}, echo_spec(), time_, events_);
  talking_dialler dialler_;
  std::uint64_t asked_ = 0;
  kj_loop loop_{"fuzz", [](const std::string&) {}};
  forward_server server_{{&loop_}, routes_, time_, options_, drain_};
  forward_links links_{{&loop_}, dialler_, time_, options_};
};

} // namespace

/// What one node says to another over a data connection: first a byte, 0 for a call, then the messages.
void fuzz_one(std::string_view input) {
  static two_ends node;
  if (take<std::uint8_t>(input) == 0)
    node.serve(input);
  else
    node.ask(input);
}

} // namespace troupe
