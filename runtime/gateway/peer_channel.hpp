#pragma once

#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/pending_question.hpp"
#include "runtime/gateway/rpc_connection.hpp"
#include "schemas/peer.capnp.h"

#include <capnp/rpc-twoparty.h>

#include <functional>
#include <string>

namespace troupe {

/// What the ends of a control connection say of themselves.
struct peer_greeting {
  std::string node_id;
  std::string certificate; ///< PEM
};

/// The asking end of a control connection, until it is destroyed: whatever is under way fails then. Belongs to its loop's thread.
class peer_channel {
public:
  peer_channel(kj::Own<kj::AsyncIoStream> stream, std::uint64_t message_bytes_max);

  /// Once, before anything is asked. The other end's greeting, or why it refuses this node. `hear`, if there is one, is told first whom the other end follows.
  kj::Promise<result<peer_greeting>> greet(const peer_greeting& mine, const std::string& software,
                                           const std::function<void(const leadership&)>& hear);
  kj::Promise<result<peer_answer>> ask(const pending_question& what);
  kj::Promise<void> on_disconnect() { return network_.onDisconnect(); }

private:
  schema::PeerLogin::Client login();

  gathering_stream stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system_;
  schema::Peer::Client peer_;
};

} // namespace troupe
