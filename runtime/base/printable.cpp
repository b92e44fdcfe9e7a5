#include "runtime/base/printable.hpp"

#include <algorithm>

namespace troupe {

std::string printable(std::string_view text) {
  std::string clean(text);
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return clean;
}

bool is_printable_word(std::string_view text, std::size_t bytes_max) {
  auto in_word = [](char c) { return c > ' ' && c < '\x7f'; };
  return !text.empty() && text.size() <= bytes_max && std::all_of(text.begin(), text.end(), in_word);
}

} // namespace troupe
