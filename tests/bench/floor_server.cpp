// What a call costs with nothing behind it: a node's schema on one KJ loop, answered at once.
//
//     troupe-floor PORT OUTPUT_BYTES
//
// Every request is answered with one tensor "y" of OUTPUT_BYTES, the beginning of the first input's bytes. Runs until it is killed.

#include "schemas/control.capnp.h"
#include "tests/bench/echo_inference.hpp"

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>

#include <cstdint>
#include <cstdlib>

namespace troupe {

namespace {

constexpr std::uint64_t message_bytes_max = 64ULL << 20; // as a node's default

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
