#include "tests/cli/fake_node.hpp"

#include "tests/cli/fake_control.hpp"

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <csignal>
#include <future>
#include <thread>
#include <unistd.h>

namespace troupe::test {

namespace {

class fake_inference final : public schema::Inference::Server {
public:
  explicit fake_inference(fake_connection& connection) : connection_(connection) {}

protected:
  kj::Promise<void> infer(InferContext context) override {
    auto request = context.getParams().getRequest();
    auto response = context.getResults().initResponse();
    auto name = text_of(request.getDeployment());
    if (name == "silent")
      return kj::NEVER_DONE;
    if (name == "impatient" && ++calls_ == calls_before_end)
      ::kill(::getpid(), SIGINT);
    if (name == "hangup" || (name == "mortal" && ++calls_ > calls_before_end)) {
      connection_.end->fulfill();
      return kj::NEVER_DONE;
    }
    if (!require_known(name, response.initError()))
      return kj::READY_NOW;
    if (name == "flaky" && ++calls_ % 2 == 0)
      refuse(response.getError(), schema::Code::OVERLOADED, "the queue of 'flaky' is full; retry later");
    else
      answer(name, request, response);
    return kj::READY_NOW;
  }

  kj::Promise<void> metadata(MetadataContext context) override {
    auto name = text_of(context.getParams().getDeployment());
    auto results = context.getResults();
    if (!require_known(name, results.initError()))
      return kj::READY_NOW;
    auto metadata = results.initMetadata();
    if (name == "pair") {
      describe(metadata.initInputs(2)[0], "a", schema::Datatype::INT64, {-1, -1});
      describe(metadata.getInputs()[1], "b", schema::Datatype::BOOL, {2});
      return kj::READY_NOW;
    }
    describe(metadata.initInputs(1)[0], "x", schema::Datatype::FP32, {-1, 4});
    metadata.setMaxBatch(8);
    return kj::READY_NOW;
  }

  kj::Promise<void> feedback(FeedbackContext context) override {
    auto params = context.getParams();
    auto results = context.getResults();
    if (!require_known(text_of(params.getDeployment()), results.initError()))
      return kj::READY_NOW;
    results.setCounted(text_of(params.getId()) != "known");
    return kj::READY_NOW;
  }

private:
  static constexpr int calls_before_end = 50;

  static void describe(schema::TensorSpec::Builder input, const char* name, schema::Datatype type,
                       kj::ArrayPtr<const std::int64_t> dims) {
    input.setName(name);
    input.setDatatype(type);
    input.setShape(dims);
  }

  static void answer(const std::string& name, schema::InferRequest::Reader request, schema::InferResponse::Builder response) {
    response.setVersion(3);
    response.setId(request.getId());
    if (name == "half" || name == "liar") {
      auto output = response.initOutputs(1)[0];
      output.setName("../" + name);
      output.setDatatype(schema::Datatype::FP16);
      output.setShape({1});
      static constexpr capnp::byte one[] = {0x00, 0x3c};
      output.setData(kj::arrayPtr(one, name == "half" ? 2 : 1));
      return;
    }
    response.setOutputs(request.getInputs());
  }

  fake_connection& connection_;
  int calls_ = 0;
};

class fake_session final : public schema::Session::Server {
public:
  explicit fake_session(fake_connection& connection) : connection_(connection) {}

protected:
  kj::Promise<void> inference(InferenceContext context) override {
    context.getResults().setInference(kj::heap<fake_inference>(connection_));
    return kj::READY_NOW;
  }

  kj::Promise<void> control(ControlContext context) override {
    context.getResults().setControl(make_fake_control(connection_));
    return kj::READY_NOW;
  }

  kj::Promise<void> limits(LimitsContext context) override {
    const auto& most = connection_.seen.most;
    auto limits = context.getResults().initLimits();
    limits.setMessageBytesMax(most.message_bytes_max);
    limits.setArtifactBytesMax(most.artifact_bytes_max);
    limits.setChunkBytesMax(most.chunk_bytes_max);
    limits.setDefaultDeadlineUs(5'000'000);
    return kj::READY_NOW;
  }

private:
  fake_connection& connection_;
};

class fake_login final : public schema::Login::Server {
public:
  explicit fake_login(fake_connection& connection) : connection_(connection) {}

protected:
  kj::Promise<void> anonymous(AnonymousContext context) override {
    connection_.seen.introduce(text_of(context.getParams().getClient()));
    context.getResults().setSession(kj::heap<fake_session>(connection_));
    return kj::READY_NOW;
  }

private:
  fake_connection& connection_;
};

/// Serves one connection until either side ends it.
kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> stream, kj::Timer& timer, fake_record& seen) {
  auto ended = kj::newPromiseAndFulfiller<void>();
  auto connection = kj::heap<fake_connection>(fake_connection{seen, timer, kj::mv(ended.fulfiller)});
  auto server = kj::heap<capnp::TwoPartyClient>(*stream, kj::heap<fake_login>(*connection), capnp::rpc::twoparty::Side::SERVER);
  auto disconnected = server->onDisconnect();
  return disconnected.exclusiveJoin(kj::mv(ended.promise)).attach(kj::mv(server), kj::mv(connection), kj::mv(stream));
}

class ignore_errors final : public kj::TaskSet::ErrorHandler {
  void taskFailed(kj::Exception&&) override {}
};

kj::Promise<void> accept_all(kj::ConnectionReceiver& port, kj::TaskSet& connections, kj::Timer& timer, fake_record& seen) {
  return port.accept().then([&](kj::Own<kj::AsyncIoStream>&& stream) {
    connections.add(serve(kj::mv(stream), timer, seen));
    return accept_all(port, connections, timer, seen);
  });
}

} // namespace

struct fake_node::state {
  fake_record seen;
  std::string address;
  std::promise<std::string> listening;
  kj::Own<kj::CrossThreadPromiseFulfiller<void>> stop;
  std::thread thread;

  void run() {
    auto io = kj::setupAsyncIo();
    auto end = kj::newPromiseAndCrossThreadFulfiller<void>();
    stop = kj::mv(end.fulfiller);
    auto address_to_bind = io.provider->getNetwork().parseAddress("127.0.0.1:0").wait(io.waitScope);
    auto port = address_to_bind->listen();
    listening.set_value("127.0.0.1:" + std::to_string(port->getPort()));
    ignore_errors ignore;
    kj::TaskSet connections(ignore);
    accept_all(*port, connections, io.provider->getTimer(), seen).exclusiveJoin(kj::mv(end.promise)).wait(io.waitScope);
  }
};

fake_node::fake_node() : fake_node(limits{}) {}

fake_node::fake_node(const limits& most, generation built) : state_(std::make_unique<state>()) {
  state_->seen.most = most;
  state_->seen.built = built;
  state_->thread = std::thread([this] { state_->run(); });
  state_->address = state_->listening.get_future().get();
}

fake_node::~fake_node() {
  state_->stop->fulfill();
  state_->thread.join();
}

void fake_node::hang_up_after(int looks) {
  state_->seen.looks_max = looks;
}

const std::string& fake_node::address() const {
  return state_->address;
}

std::vector<std::string> fake_node::calls() const {
  std::lock_guard lock(state_->seen.mutex);
  return state_->seen.calls;
}

std::string fake_node::uploaded() const {
  std::lock_guard lock(state_->seen.mutex);
  return state_->seen.uploaded;
}

std::string fake_node::rollout_toml() const {
  std::lock_guard lock(state_->seen.mutex);
  return state_->seen.rollout_toml;
}

std::string fake_node::client() const {
  std::lock_guard lock(state_->seen.mutex);
  return state_->seen.client;
}

} // namespace troupe::test
