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

  /// Resolves once the client has hung up, or said what is no message; or once its time to leave is over.
  kj::Promise<void> on_end() { return network_.onDisconnect().exclusiveJoin(kj::mv(left_.promise)); }

  /// The client hears nothing more once it has taken, within `patience`, what it was told so far. It is still read until it hangs up, or a
  /// second is over: what is sent and not read would take back what it was told. Once.
  void leave(kj::Timer& timer, kj::Duration patience);

private:
  kj::Promise<void> say_goodbye(kj::Timer& timer, kj::TimePoint until);

  gathering_stream stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system_;
  kj::PromiseFulfillerPair<void> left_ = kj::newPromiseAndFulfiller<void>();
  kj::Promise<void> leaving_ = kj::READY_NOW; ///< last: dropped before what it uses
};

} // namespace troupe
