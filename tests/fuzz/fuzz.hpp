#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace troupe {

/// What a target is: takes any bytes, and never ends the process unless something is wrong.
void fuzz_one(std::string_view input);

/// Ends the process if something that must hold doesn't.
inline void require(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Takes a number off the input's front; what is missing is 0.
template <class Number>
Number take(std::string_view& input) {
  Number number = 0;
  auto size = std::min(input.size(), sizeof number);
  if (size > 0)
    std::memcpy(&number, input.data(), size);
  input.remove_prefix(size);
  return number;
}

} // namespace troupe
