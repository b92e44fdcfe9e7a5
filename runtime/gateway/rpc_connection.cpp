#include "runtime/gateway/rpc_connection.hpp"

namespace troupe {

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

} // namespace troupe
