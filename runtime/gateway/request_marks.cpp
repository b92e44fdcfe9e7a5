#include "runtime/gateway/request_marks.hpp"

#include "runtime/gateway/http_text.hpp"

namespace troupe {

std::string_view field_in(std::string_view fields, std::string_view name) {
  while (!fields.empty()) {
    auto line = next_part(fields, '\n');
    auto colon = line.find(':');
    if (same_word(line.substr(0, colon), name))
      return trimmed(line.substr(colon + 1));
  }
  return {};
}

} // namespace troupe
