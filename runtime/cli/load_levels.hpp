#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe {

/// Most levels of one ramp.
inline constexpr std::size_t load_levels_max = 64;

/// The levels of a ramp: "8"; "1,2,4"; "1:64", which doubles and ends with 64. Each from 1 to `most`. The error says how to write them.
result<std::vector<std::uint64_t>> parse_levels(std::string_view text, std::uint64_t most);

} // namespace troupe
