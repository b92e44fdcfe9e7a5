#pragma once

#include "runtime/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

inline constexpr std::size_t number_key_size = 8;

/// 8 bytes, big-endian, so that bytes are ordered as numbers.
std::string number_key(std::uint64_t number);
/// The reverse, of exactly number_key_size bytes.
std::uint64_t number_from_key(std::string_view bytes);

/// "digits", 0 byte, 4 bytes of the number, big-endian: a deployment's versions stand together, in order.
std::string version_key(const version_id& id);
/// What all keys of a deployment's versions begin with.
std::string versions_prefix(std::string_view deployment);

/// Where an event stands: the order of events is the order of these.
struct event_position {
  std::uint64_t unix_ns = 0;  ///< of its time, or of the latest before it if the clock went back
  std::uint64_t sequence = 0; ///< 1, 2, 3…
};

std::string event_key(const event_position& position);
/// The reverse, or nothing if these are not an event's key.
std::optional<event_position> event_position_from(std::string_view key);

} // namespace troupe
