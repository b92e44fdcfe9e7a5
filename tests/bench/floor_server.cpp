// What a call costs with nothing behind it: a node's schema on one KJ loop, answered at once.
//
//     troupe-floor PORT OUTPUT_BYTES
//
// Every request is answered with one tensor "y" of OUTPUT_BYTES, the beginning of the first input's bytes. Runs until it is killed.

#include "schemas/control.capnp.h"

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace troupe {

namespace {

constexpr std::uint64_t message_bytes_max = 64ULL << 20; // as a node's default

class echo_inference final : public schema::Inference::Server {
public:
  explicit echo_inference(std::uint64_t output_bytes) : output_bytes_(output_bytes) {}

protected:
  kj::Promise<void> infer(InferContext call) override {
    auto request = call.getParams().getRequest();
    auto response = call.getResults(capnp::MessageSize{96 + output_bytes_ / sizeof(capnp::word), 0}).initResponse();
    response.setVersion(1);
    response.setId(request.getId());
    auto given = request.getInputs()[0].getData();
    auto output = response.initOutputs(1)[0];
    output.setName("y");
    output.setDatatype(schema::Datatype::FP32);
    auto dims = output.initShape(2);
    dims.set(0, 1);
    dims.set(1, static_cast<std::int64_t>(output_bytes_ / sizeof(float)));
    auto data = output.initData(static_cast<unsigned>(output_bytes_));
    std::memcpy(data.begin(), given.begin(), std::min<std::size_t>(output_bytes_, given.size()));
    return kj::READY_NOW;
  }

private:
  std::uint64_t output_bytes_;
};

class floor_session final : public schema::Session::Server {
public:
  explicit floor_session(std::uint64_t output_bytes) : output_bytes_(output_bytes) {}

protected:
  kj::Promise<void> inference(InferenceContext call) override {
    call.getResults().setInference(kj::heap<echo_inference>(output_bytes_));
    return kj::READY_NOW;
  }
  kj::Promise<void> control(ControlContext) override { return kj::READY_NOW; }
  kj::Promise<void> limits(LimitsContext call) override {
    call.getResults().initLimits().setMessageBytesMax(message_bytes_max);
    return kj::READY_NOW;
  }

private:
  std::uint64_t output_bytes_;
};

class floor_login final : public schema::Login::Server {
public:
  explicit floor_login(std::uint64_t output_bytes) : output_bytes_(output_bytes) {}

protected:
  kj::Promise<void> anonymous(AnonymousContext call) override {
    call.getResults().setSession(kj::heap<floor_session>(output_bytes_));
    return kj::READY_NOW;
  }

private:
  std::uint64_t output_bytes_;
};

/// KJ sets TCP_NODELAY on its sockets, and the default limit on messages is a node's.
void serve(unsigned port, std::uint64_t output_bytes) {
  auto io = kj::setupAsyncIo();
  auto address = io.provider->getNetwork().parseAddress("127.0.0.1", port).wait(io.waitScope);
  auto door = address->listen();
  capnp::TwoPartyServer server(kj::heap<floor_login>(output_bytes));
  server.listen(*door).wait(io.waitScope);
}

} // namespace

} // namespace troupe

int main(int argc, char** argv) {
  KJ_REQUIRE(argc == 3, "usage: troupe-floor PORT OUTPUT_BYTES");
  troupe::serve(static_cast<unsigned>(std::atoi(argv[1])), std::strtoull(argv[2], nullptr, 10));
}
