#pragma once

#include <cstddef>
#include <string_view>

namespace troupe {

/// Longest request id that is kept and sent back.
inline constexpr std::size_t request_id_bytes_max = 128;

/// What a request shows of itself, by which a split tells it from others. Views into what the request keeps.
struct request_marks {
  std::string_view caller; ///< as its certificate, or else it itself, says; "": nobody knows
  std::string_view id;     ///< "": it has none
  std::string_view fields; ///< of an HTTP head: those that mean nothing to us, each "NAME: VALUE" and a line feed
};

/// The value of the first field of that name (lower case); "": there is none.
std::string_view field_in(std::string_view fields, std::string_view name);

} // namespace troupe
