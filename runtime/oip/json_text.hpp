#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// Whether JSON can carry the text.
bool is_utf8(std::string_view text);

/// What to say if it can't: a string of the output `name`.
std::string no_json_text(std::string_view name);

} // namespace troupe
