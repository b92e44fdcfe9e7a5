#include "storage/keys.hpp"

#include <cassert>

namespace troupe {

namespace {

template <class Number>
std::string big_endian(Number number) {
  std::string bytes(sizeof(Number), '\0');
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, number >>= 8)
    *byte = static_cast<char>(number & 0xff);
  return bytes;
}

} // namespace

std::string number_key(std::uint64_t number) {
  return big_endian(number);
}

std::uint64_t number_from_key(std::string_view bytes) {
  assert(bytes.size() == number_key_size);
  std::uint64_t number = 0;
  for (char byte : bytes)
    number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string version_key(const version_id& id) {
  return versions_prefix(id.deployment) + big_endian(id.number);
}

std::string versions_prefix(std::string_view deployment) {
  return std::string(deployment) + '\0';
}

std::string event_key(const event_position& position) {
  return number_key(position.unix_ns) + number_key(position.sequence);
}

std::optional<event_position> event_position_from(std::string_view key) {
  if (key.size() != 2 * number_key_size)
    return std::nullopt;
  return event_position{number_from_key(key.substr(0, number_key_size)), number_from_key(key.substr(number_key_size))};
}

} // namespace troupe
