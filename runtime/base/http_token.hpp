#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace troupe {

/// What HTTP calls a token (RFC 9110, section 5.6.2): a method's or a field's name.
inline bool is_token(std::string_view text) {
  auto in_token = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), in_token);
}

} // namespace troupe
