#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cstddef>
#include <vector>

namespace troupe {

/// Packets with descriptors between a node and its hosts: a SOCK_SEQPACKET socket pair and SCM_RIGHTS. What a packet means is the
/// caller's business. No allocation beyond the limits, whatever the other side sends.

inline constexpr std::size_t packet_bytes_max = 64 * 1024;
inline constexpr std::size_t packet_descriptors_max = 4;

struct packet {
  alignas(8) std::byte data[packet_bytes_max]; ///< 8-byte aligned: a Cap'n Proto message can be read in place
  std::size_t size = 0;
  std::vector<unique_fd> descriptors; ///< close-on-exec
};

struct seqpacket_pair {
  unique_fd ours;
  unique_fd theirs;
};

/// A connected pair, close-on-exec and blocking on both sides.
result<seqpacket_pair> make_seqpacket_pair();

/// Sends one packet with `count` descriptors, which stay the caller's. Blocks if the socket does; on a non-blocking one whose buffer is
/// full: overloaded. A peer that is gone: unavailable (no SIGPIPE).
result<void> send_packet(int socket, const void* data, std::size_t size, const int* descriptors = nullptr, std::size_t count = 0);

enum class received { packet, nothing, closed };

/// Receives one packet. `nothing`: the socket is non-blocking and none waits. A packet that is too large or carries too many
/// descriptors is dropped with its descriptors and reported as corrupt; the next call reads the next one.
result<received> receive_packet(int socket, packet& out);

} // namespace troupe
