#pragma once

#include "runtime/base/byte_strings.hpp"

#include <initializer_list>
#include <string_view>
#include <vector>

namespace troupe {

/// The data of a BYTES tensor.
inline std::vector<std::byte> byte_strings_of(std::initializer_list<std::string_view> texts) {
  std::vector<std::byte> bytes;
  for (auto text : texts)
    append_byte_string(text, bytes);
  return bytes;
}

} // namespace troupe
