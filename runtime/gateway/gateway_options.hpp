#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Limits of the doors to this node. Each is a key of the node's configuration.
struct gateway_options {
  /// One RPC message or one HTTP body, in bytes; a larger message breaks its connection, a larger body is refused.
  std::uint64_t message_bytes_max = 64ULL << 20;
  /// All HTTP bodies that the node holds at once, of requests and of answers, in bytes; what comes on top is refused as overloaded.
  std::uint64_t body_bytes_max = 512ULL << 20;
  /// One model file, in bytes.
  std::uint64_t artifact_bytes_max = 16ULL << 30;
  /// One Upload.write, in bytes.
  std::uint64_t chunk_bytes_max = 1ULL << 20;
  /// Of a request that names none.
  std::chrono::microseconds default_deadline{5'000'000};
  /// The longest that a request may ask for.
  std::chrono::microseconds deadline_max{3'600'000'000};
  /// Clients at once; the next is closed as soon as it is accepted.
  std::uint32_t connections_max = 4096;
  /// A client that has not logged in after this long, or not sent the whole head of a request by HTTP, is closed.
  std::chrono::milliseconds login_timeout{10'000};
  /// An HTTP client that has not asked for anything for so long is closed, and one that takes longer to send a body or to take an answer.
  std::chrono::milliseconds idle_timeout{60'000};
};

} // namespace troupe
