#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// The text with every control character replaced by "?", so that what comes from elsewhere can't steer a terminal.
std::string printable(std::string_view text);

} // namespace troupe
