#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/base/seqpacket.hpp"

#include <sys/types.h>
#include <variant>

namespace troupe {

/// schemas/host.capnp in plain types: what a node says to its hosts and hears from them. Packets from hosts are not trusted:
/// reading one is bounded, and what doesn't fit the schema is an error.

using packet_bytes = std::vector<std::byte>;

packet_bytes encode_load_version(const version_id& id, const model_spec& spec, std::uint64_t model_bytes);
packet_bytes encode_fork_replica(replica_number replica, std::uint64_t seed, std::uint64_t memory_bytes);

/// The template's answer to a load.
struct version_started {
  pid_t pid = 0; ///< 0: the fork failed
  std::string reason;
};

struct version_ready {};
struct version_failed {
  std::string stage; ///< sandbox, load, signature, warm
  std::string reason;
};
struct replica_forked {
  replica_number replica = 0;
  pid_t pid = 0; ///< 0: the fork failed
  std::string reason;
};
using version_message = std::variant<version_ready, version_failed, replica_forked>;

result<version_started> decode_from_template(const packet& given);
result<version_message> decode_from_version(const packet& given);

} // namespace troupe
