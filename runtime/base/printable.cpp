#include "runtime/base/printable.hpp"

namespace troupe {

std::string printable(std::string_view text) {
  std::string clean(text);
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return clean;
}

} // namespace troupe
