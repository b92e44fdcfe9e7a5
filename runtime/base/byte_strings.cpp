#include "runtime/base/byte_strings.hpp"

#include <cstring>

namespace troupe {

std::optional<std::string_view> byte_string_reader::next() {
  std::uint32_t length = 0;
  if (left_ < sizeof length)
    return std::nullopt;
  std::memcpy(&length, next_, sizeof length);
  if (left_ - sizeof length < length)
    return std::nullopt;
  std::string_view text(reinterpret_cast<const char*>(next_ + sizeof length), length);
  next_ += sizeof length + length;
  left_ -= sizeof length + length;
  return text;
}

std::optional<std::uint64_t> bytes_of_strings(const std::byte* data, std::uint64_t size, std::uint64_t count) {
  byte_string_reader strings(data, size);
  for (; count > 0; --count)
    if (!strings.next())
      return std::nullopt;
  return size - strings.left();
}

void append_byte_string(std::string_view text, std::vector<std::byte>& into) {
  auto length = static_cast<std::uint32_t>(text.size());
  auto first = reinterpret_cast<const std::byte*>(&length);
  into.insert(into.end(), first, first + sizeof length);
  first = reinterpret_cast<const std::byte*>(text.data());
  into.insert(into.end(), first, first + text.size());
}

std::vector<std::byte> zero_byte_strings(std::uint64_t count) {
  std::vector<std::byte> strings;
  strings.reserve(count * (byte_string_overhead + zero_byte_string.size()));
  for (; count > 0; --count)
    append_byte_string(zero_byte_string, strings);
  return strings;
}

} // namespace troupe
