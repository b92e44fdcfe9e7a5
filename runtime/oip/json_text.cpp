#include "runtime/oip/json_text.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// How a character begins, and what its second byte must be: Unicode 15, table 3-7. The others are 0x80 to 0xbf.
struct utf8_row {
  unsigned char first_min, first_max, second_min, second_max;
  std::size_t bytes;
};

constexpr utf8_row utf8_rows[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

bool is_within(char c, unsigned char least, unsigned char most) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= least && byte <= most;
}

/// Bytes of the character that the text begins with; 0 if that is none.
std::size_t utf8_bytes(std::string_view text) {
  for (const auto& row : utf8_rows) {
    if (!is_within(text[0], row.first_min, row.first_max))
      continue;
    if (row.bytes == 1)
      return 1;
    if (text.size() < row.bytes || !is_within(text[1], row.second_min, row.second_max))
      return 0;
    auto rest = text.substr(2, row.bytes - 2);
    return std::all_of(rest.begin(), rest.end(), [](char c) { return is_within(c, 0x80, 0xbf); }) ? row.bytes : 0;
  }
  return 0;
}

} // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto bytes = utf8_bytes(text);
    if (bytes == 0)
      return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string no_json_text(std::string_view name) {
  return "output '" + std::string(name)
         + "' has a string that isn't UTF-8, which JSON can't carry; ask for it as binary data (parameters.binary_data)";
}

} // namespace troupe
