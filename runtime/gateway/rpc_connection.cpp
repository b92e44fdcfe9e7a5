#include "runtime/gateway/rpc_connection.hpp"

namespace troupe {

namespace {

constexpr kj::Duration look_interval = 2 * kj::MILLISECONDS;
constexpr kj::Duration hang_up_patience = 1 * kj::SECONDS;

} // namespace

capnp::ReaderOptions message_limit(std::uint64_t bytes) {
  capnp::ReaderOptions bounded;
  bounded.traversalLimitInWords = bytes / sizeof(capnp::word);
  return bounded;
}

rpc_connection::rpc_connection(kj::Own<kj::AsyncIoStream> socket, capnp::Capability::Client bootstrap,
                               std::uint64_t message_bytes_max)
  : stream_(kj::mv(socket)), network_(stream_, capnp::rpc::twoparty::Side::SERVER, message_limit(message_bytes_max)),
    system_(capnp::makeRpcServer(network_, kj::mv(bootstrap))) {
  // What a client may have under way: past it nothing more is read until answers have gone out.
  system_.setFlowLimit(message_bytes_max / sizeof(capnp::word));
}

kj::Promise<void> rpc_connection::leave(kj::Timer& timer, kj::TimePoint until) {
  // After all that is ready: a message that goes out is followed by the next one then.
  return kj::evalLast([this, &timer, until]() -> kj::Promise<void> {
    if (stream_.idle()) {
      stream_.shutdownWrite();
      return timer.afterDelay(hang_up_patience);
    }
    if (timer.now() >= until)
      return kj::READY_NOW;
    return timer.afterDelay(look_interval).then([this, &timer, until] { return leave(timer, until); });
  });
}

} // namespace troupe
