#include "tests/cli/fake_node.hpp"

#include "schemas/control.capnp.h"

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <future>
#include <mutex>
#include <thread>

namespace troupe::test {

namespace {

/// What the services note and the test reads.
struct record {
  void note(std::string call) {
    std::lock_guard lock(mutex);
    calls.push_back(std::move(call));
  }

  mutable std::mutex mutex;
  std::vector<std::string> calls;
  std::string uploaded;
  fake_node::limits most;
};

std::string text_of(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

void refuse(schema::Error::Builder error, schema::Code code, const std::string& message) {
  error.setCode(code);
  error.setMessage(message);
}

bool is_known(const std::string& name) {
  for (auto known : {"echo", "pair", "half", "liar", "flaky", "silent", "hangup", "broken", "slow"})
    if (name == known)
      return true;
  return false;
}

/// False, and a refusal, for a name that it has not.
bool require_known(const std::string& name, schema::Error::Builder error) {
  if (!is_known(name))
    refuse(error, schema::Code::NOT_FOUND, "no deployment '" + name + "'");
  return is_known(name);
}

class fake_inference final : public schema::Inference::Server {
public:
  explicit fake_inference(kj::Function<void()> hang_up) : hang_up_(kj::mv(hang_up)) {}

protected:
  kj::Promise<void> infer(InferContext context) override {
    auto request = context.getParams().getRequest();
    auto response = context.getResults().initResponse();
    auto name = text_of(request.getDeployment());
    if (name == "silent")
      return kj::NEVER_DONE;
    if (name == "hangup") {
      hang_up_();
      return kj::NEVER_DONE;
    }
    if (!require_known(name, response.initError()))
      return kj::READY_NOW;
    if (name == "flaky" && ++flaky_calls_ % 2 == 0)
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
    auto inputs = results.initMetadata().initInputs(name == "pair" ? 2 : 1);
    inputs[0].setName(name == "pair" ? "a" : "x");
    if (name == "pair")
      inputs[1].setName("b");
    return kj::READY_NOW;
  }

private:
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

  kj::Function<void()> hang_up_;
  int flaky_calls_ = 0;
};

class fake_upload final : public schema::Upload::Server {
public:
  explicit fake_upload(record& seen) : seen_(seen) {}

protected:
  kj::Promise<void> write(WriteContext context) override {
    auto chunk = context.getParams().getChunk();
    seen_.note("write " + std::to_string(chunk.size()));
    std::lock_guard lock(seen_.mutex);
    seen_.uploaded.append(reinterpret_cast<const char*>(chunk.begin()), chunk.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> finish(FinishContext) override {
    seen_.note("finish");
    return kj::READY_NOW;
  }

private:
  record& seen_;
};

class fake_control final : public schema::Control::Server {
public:
  explicit fake_control(record& seen) : seen_(seen) {}

protected:
  kj::Promise<void> upload(UploadContext context) override {
    auto params = context.getParams();
    seen_.note("upload " + std::to_string(params.getBytes()));
    std::lock_guard lock(seen_.mutex);
    if (seen_.uploaded.empty())
      context.getResults().setUpload(kj::heap<fake_upload>(seen_));
    else
      context.getResults().setPresent(true);
    return kj::READY_NOW;
  }

  kj::Promise<void> deploy(DeployContext context) override {
    auto params = context.getParams();
    seen_.note("deploy " + text_of(params.getName()) + " " + std::to_string(params.getReplicas()));
    context.getResults().setVersion(3);
    return kj::READY_NOW;
  }

  kj::Promise<void> scale(ScaleContext context) override {
    auto params = context.getParams();
    seen_.note("scale " + text_of(params.getName()) + " " + std::to_string(params.getReplicas()));
    require_known(text_of(params.getName()), context.getResults().initError());
    return kj::READY_NOW;
  }

  kj::Promise<void> undeploy(UndeployContext context) override {
    seen_.note("undeploy " + text_of(context.getParams().getName()));
    require_known(text_of(context.getParams().getName()), context.getResults().initError());
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    auto name = text_of(context.getParams().getName());
    auto results = context.getResults();
    if (!name.empty() && !require_known(name, results.initError()))
      return kj::READY_NOW;
    auto node = results.initNode();
    node.setName("node-1");
    node.setVersion("0.1.0");
    node.setUptimeUs(125'000'000);
    node.setPid(42);
    node.setResidentBytes(31 << 20);
    auto deployment = results.initDeployments(1)[0];
    deployment.setName("echo");
    deployment.setCurrentVersion(2);
    deployment.setWantedReplicas(2);
    auto versions = deployment.initVersions(3);
    fill(versions[0], 3, "failed", "the model raised an error");
    fill(versions[1], 2, "live", "");
    fill(versions[2], 1, "superseded", "");
    return kj::READY_NOW;
  }

  kj::Promise<void> tree(TreeContext context) override {
    auto root = context.getResults().initRoot();
    root.setName("root");
    root.setKind("supervisor");
    root.setState("running");
    root.setAgeUs(125'000'000);
    auto children = root.initChildren(2);
    children[0].setName("catalog");
    children[0].initChildren(1)[0].setName("echo");
    children[1].setName("keeper");
    children[1].setRestarts(2);
    children[1].setDetail("last: signal:11");
    return kj::READY_NOW;
  }

  kj::Promise<void> events(EventsContext context) override {
    auto params = context.getParams();
    seen_.note("events " + text_of(params.getName()) + " " + std::to_string(params.getLimit())
               + (params.getSinceUnixNs() == 0 ? " all" : " since " + std::to_string(params.getSinceUnixNs())));
    auto event = context.getResults().initEvents(1)[0];
    event.setUnixNs(1'700'000'000'123'456'789);
    event.setSeverity("warn");
    event.setName("replica_crashed");
    auto field = event.initFields(1)[0];
    field.setKey("reason");
    field.setValue("signal 11");
    return kj::READY_NOW;
  }

  kj::Promise<void> awaitReady(AwaitReadyContext context) override {
    auto params = context.getParams();
    auto error = context.getResults().initError();
    if (params.getName() == "broken")
      refuse(error, schema::Code::MODEL_FAILED, "the model raised an error");
    if (params.getName() == "slow")
      refuse(error, schema::Code::DEADLINE_EXCEEDED, "0 of 2 replicas are ready");
    return kj::READY_NOW;
  }

private:
  static void fill(schema::VersionStatus::Builder version, std::uint32_t number, const char* state, const char* reason) {
    version.setNumber(number);
    version.setState(state);
    version.setReason(reason);
    version.setRequests(number * 100);
    if (number != 2)
      return;
    auto replica = version.initReplicas(1)[0];
    replica.setNumber(7);
    replica.setState("ready");
    replica.setPid(4711);
  }

  record& seen_;
};

class fake_session final : public schema::Session::Server {
public:
  fake_session(record& seen, kj::Function<void()> hang_up) : seen_(seen), hang_up_(kj::mv(hang_up)) {}

protected:
  kj::Promise<void> inference(InferenceContext context) override {
    context.getResults().setInference(kj::heap<fake_inference>(kj::mv(hang_up_)));
    return kj::READY_NOW;
  }

  kj::Promise<void> control(ControlContext context) override {
    context.getResults().setControl(kj::heap<fake_control>(seen_));
    return kj::READY_NOW;
  }

  kj::Promise<void> limits(LimitsContext context) override {
    auto limits = context.getResults().initLimits();
    limits.setMessageBytesMax(seen_.most.message_bytes_max);
    limits.setArtifactBytesMax(seen_.most.artifact_bytes_max);
    limits.setChunkBytesMax(seen_.most.chunk_bytes_max);
    limits.setDefaultDeadlineUs(5'000'000);
    return kj::READY_NOW;
  }

private:
  record& seen_;
  kj::Function<void()> hang_up_;
};

class fake_login final : public schema::Login::Server {
public:
  fake_login(record& seen, kj::Function<void()> hang_up) : seen_(seen), hang_up_(kj::mv(hang_up)) {}

protected:
  kj::Promise<void> anonymous(AnonymousContext context) override {
    context.getResults().setSession(kj::heap<fake_session>(seen_, kj::mv(hang_up_)));
    return kj::READY_NOW;
  }

private:
  record& seen_;
  kj::Function<void()> hang_up_;
};

/// Serves one connection until either side ends it.
kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> stream, record& seen) {
  auto ended = kj::newPromiseAndFulfiller<void>();
  auto hang_up = [end = kj::mv(ended.fulfiller)]() mutable { end->fulfill(); };
  auto server =
      kj::heap<capnp::TwoPartyClient>(*stream, kj::heap<fake_login>(seen, kj::mv(hang_up)), capnp::rpc::twoparty::Side::SERVER);
  auto disconnected = server->onDisconnect();
  return disconnected.exclusiveJoin(kj::mv(ended.promise)).attach(kj::mv(server), kj::mv(stream));
}

class ignore_errors final : public kj::TaskSet::ErrorHandler {
  void taskFailed(kj::Exception&&) override {}
};

kj::Promise<void> accept_all(kj::ConnectionReceiver& port, kj::TaskSet& connections, record& seen) {
  return port.accept().then([&](kj::Own<kj::AsyncIoStream>&& stream) {
    connections.add(serve(kj::mv(stream), seen));
    return accept_all(port, connections, seen);
  });
}

} // namespace

struct fake_node::state {
  record seen;
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
    accept_all(*port, connections, seen).exclusiveJoin(kj::mv(end.promise)).wait(io.waitScope);
  }
};

fake_node::fake_node() : fake_node(limits{}) {}

fake_node::fake_node(const limits& most) : state_(std::make_unique<state>()) {
  state_->seen.most = most;
  state_->thread = std::thread([this] { state_->run(); });
  state_->address = state_->listening.get_future().get();
}

fake_node::~fake_node() {
  state_->stop->fulfill();
  state_->thread.join();
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

} // namespace troupe::test
