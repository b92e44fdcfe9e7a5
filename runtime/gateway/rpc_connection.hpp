#pragma once

#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/gathering_stream.hpp"

#include <capnp/rpc-twoparty.h>

namespace troupe {

/// An RPC client's connection, bounded as the options say, until it is destroyed: whatever it has under way is dropped then. Belongs to its loop's
/// thread.
class rpc_connection {
public:
  /// `bootstrap` is what the client may ask for first.
  rpc_connection(kj::Own<kj::AsyncIoStream> socket, capnp::Capability::Client bootstrap, const gateway_options& options);

  /// Resolves once the client has hung up, or said what is no message.
  kj::Promise<void> on_disconnect() { return network_.onDisconnect(); }

private:
  gathering_stream stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system_;
};

} // namespace troupe
