#include "runtime/gateway/inference_service.hpp"
#include "runtime/gateway/rpc_connection.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/no_events.hpp"
#include "tests/support/plain_runner.hpp"
#include "tests/support/spread_of.hpp"

#include <capnp/serialize-async.h>
#include <capnp/serialize.h>

#include <future>

namespace troupe {

namespace {

model_spec echo_spec() {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, 2}}, {"y", datatype::int64, {-1}}, {"z", datatype::bytes, {-1}}};
  spec.outputs = spec.inputs;
  spec.max_batch = 4;
  spec.queue_levels.resize(2);
  return spec;
}

gateway_options small_limits() {
  gateway_options options;
  options.message_bytes_max = 1 << 16;
  return options;
}

/// One loop's share of a node, with the deployment "echo"; everything happens on the loop's thread.
class door {
public:
  door() {
    echo_->attach(std::make_shared<plain_runner>(echo_));
    routing_table table;
    table["echo"] = {{"echo", 1}, spread_of(echo_, time_)};
    routes_.publish(std::make_shared<routing_table>(std::move(table)));
  }

  /// A client sends that and hangs up.
  void take(std::string_view sent) {
    std::promise<void> served;
    loop_.post([&] {
      auto pipe = kj::newTwoWayPipe();
      capnp::Capability::Client inference = schema::Inference::Client(kj::heap<inference_service>(context_, "a fuzzer"));
      auto connection = kj::heap<rpc_connection>(kj::mv(pipe.ends[0]), kj::mv(inference), options_.message_bytes_max);
      auto gone = connection->on_disconnect().attach(kj::mv(connection)).eagerlyEvaluate(nullptr);
      loop_.keep(talk(kj::mv(pipe.ends[1]), sent, kj::mv(gone))
                     .then([&] { served.set_value(); }, [&](kj::Exception&&) { served.set_value(); }));
    });
    served.get_future().wait();
  }

private:
  static kj::Promise<void> talk(kj::Own<kj::AsyncIoStream> client, std::string_view sent, kj::Promise<void> gone) {
    auto& stream = *client;
    auto write = stream.write(sent.data(), sent.size()).then([&stream] { stream.shutdownWrite(); }).eagerlyEvaluate(nullptr);
    auto read = stream.readAllBytes().ignoreResult();
    return kj::joinPromises(kj::arr(kj::mv(write), kj::mv(read), kj::mv(gone))).attach(kj::mv(client));
  }

  const gateway_options options_ = small_limits();
  real_clock time_;
  no_events events_;
  drain_gate drain_;
  routing_cell routes_;
  std::shared_ptr<pool> echo_ = std::make_shared<pool>(version_id{"echo", 1}, echo_spec(), time_, events_);
  kj_loop loop_{"fuzz", [](const std::string&) {}};
  admission admission_{loop_, routes_, time_, options_, drain_};
  inference_context context_{admission_, {}};
};

} // namespace

/// What a client sends: RPC messages to a node's inference capability, which is what it may ask for first.
void fuzz_one(std::string_view input) {
  static door node;
  node.take(input);
}

} // namespace troupe
