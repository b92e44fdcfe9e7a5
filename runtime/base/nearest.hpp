#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The one of `known` that is nearest to what was written; "": none is near.
std::string_view nearest_to(std::string_view written, const std::vector<std::string_view>& known);

/// What to tell who wrote a key that isn't known: "did you mean 'datatype'?", or "known are name, shape" if none is near.
std::string advice_on_key(std::string_view unknown, const std::vector<std::string_view>& known);

} // namespace troupe
