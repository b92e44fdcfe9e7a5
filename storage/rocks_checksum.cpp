#include "storage/rocks_checksum.hpp"

#include <array>

namespace troupe {

namespace {

std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78 : 0); // the polynomial, reversed
    table[i] = value;
  }
  return table;
}

} // namespace

void rocks_checksum::add(char byte) {
  static const auto table = make_table();
  state_ = table[(state_ ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (state_ >> 8);
}

std::uint32_t rocks_checksum::stored() const {
  auto value = ~state_;
  return ((value >> 15) | (value << 17)) + 0xa282ead8;
}

std::uint32_t fixed32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

} // namespace troupe
