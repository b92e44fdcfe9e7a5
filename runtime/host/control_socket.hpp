#pragma once

#include "runtime/base/model_spec.hpp"
#include "runtime/base/seqpacket.hpp"
#include "schemas/host.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>

namespace troupe {

/// schemas/host.capnp over runtime/base/seqpacket.

/// Sends a message as one packet.
result<void> send_message(int socket, capnp::MessageBuilder& message, const int* descriptors = nullptr, std::size_t count = 0);

/// Reads a packet in place, which must outlive it. Throws kj::Exception if the packet is no such message: the node is trusted, so
/// that is a bug and ends the process.
class message_view {
public:
  explicit message_view(const packet& from)
    : reader_(kj::arrayPtr(reinterpret_cast<const capnp::word*>(from.data), from.size / sizeof(capnp::word))) {}

  template <class Root>
  typename Root::Reader root() {
    return reader_.getRoot<Root>();
  }

private:
  capnp::FlatArrayMessageReader reader_;
};

/// What the host needs to know of a version.
model_spec read_spec(schema::LoadVersion::Reader message);

} // namespace troupe
