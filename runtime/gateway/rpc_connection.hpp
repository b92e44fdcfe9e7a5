#pragma once

#include "runtime/gateway/gathering_stream.hpp"

#include <capnp/rpc-twoparty.h>

#include <cstdint>

namespace troupe {

/// For whoever reads messages of so many bytes at most.
capnp::ReaderOptions message_limit(std::uint64_t bytes);

/// An RPC client's connection, until it is destroyed: whatever it has under way is dropped then. Belongs to its loop's
/// thread.
class rpc_connection {
public:
  /// `bootstrap` is what the client may ask for first. One message has at most so many bytes, and what the client has under way, too.
  rpc_connection(kj::Own<kj::AsyncIoStream> socket, capnp::Capability::Client bootstrap, std::uint64_t message_bytes_max);

  /// Resolves once the client has hung up, or said what is no message.
  kj::Promise<void> on_disconnect() { return network_.onDisconnect(); }

  /// The client hears nothing more once it has taken, by `until`, what it was told so far. Resolves a second after that, for it to hang up: until
  /// then it is read, for what is sent and not read would take back what it was told. Past `until` it resolves at once.
  kj::Promise<void> leave(kj::Timer& timer, kj::TimePoint until);

private:
  gathering_stream stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system_;
};

} // namespace troupe
