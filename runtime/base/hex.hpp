#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Two lower-case digits a byte.
std::string to_hex(std::string_view bytes);

/// The reverse, or nothing if `digits` are not an even number of lower-case hex digits.
std::optional<std::string> from_hex(std::string_view digits);

} // namespace troupe
