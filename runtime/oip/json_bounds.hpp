#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <string_view>

namespace troupe {

/// Most values of a document; an object or an array counts as several. A parsed document takes at most about 256 MiB.
inline constexpr std::size_t json_weight_max = 16'000'000;

/// Whether the text is JSON that may be parsed into memory: not nested deeper than `depth_max`, not more values than the bound. Allocates next to
/// nothing itself.
result<void> check_json_bounds(std::string_view text, std::size_t depth_max);

} // namespace troupe
