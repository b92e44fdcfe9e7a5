#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What to tell who wrote a key that isn't known: "did you mean 'datatype'?", or "known are name, shape" if none is near.
std::string advice_on_key(std::string_view unknown, const std::vector<std::string_view>& known);

} // namespace troupe
