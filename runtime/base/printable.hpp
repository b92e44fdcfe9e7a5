#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// The text with every control character replaced by "?", so that what comes from elsewhere can't steer a terminal.
std::string printable(std::string_view text);

/// Whether it is 1 to `bytes_max` printable ASCII characters without blanks.
bool is_printable_word(std::string_view text, std::size_t bytes_max);

} // namespace troupe
