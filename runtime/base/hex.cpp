#include "runtime/base/hex.hpp"

namespace troupe {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

} // namespace

std::string to_hex(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    digits += hex_digits[byte >> 4];
    digits += hex_digits[byte & 15];
  }
  return digits;
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0)
    return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    auto high = hex_digits.find(digits[i]);
    auto low = hex_digits.find(digits[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

} // namespace troupe
