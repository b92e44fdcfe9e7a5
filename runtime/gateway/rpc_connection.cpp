#include "runtime/gateway/rpc_connection.hpp"

namespace troupe {

namespace {

capnp::ReaderOptions limits(const gateway_options& options) {
  capnp::ReaderOptions bounded;
  bounded.traversalLimitInWords = options.message_bytes_max / sizeof(capnp::word);
  return bounded;
}

} // namespace

rpc_connection::rpc_connection(kj::Own<kj::AsyncIoStream> socket, capnp::Capability::Client bootstrap,
                               const gateway_options& options)
  : stream_(kj::mv(socket)), network_(stream_, capnp::rpc::twoparty::Side::SERVER, limits(options)),
    system_(capnp::makeRpcServer(network_, kj::mv(bootstrap))) {
  // What a client may have under way: past it nothing more is read until answers have gone out.
  system_.setFlowLimit(options.message_bytes_max / sizeof(capnp::word));
}

} // namespace troupe
