#pragma once

#include "runtime/base/tensor.hpp"

#include <string>
#include <string_view>

namespace troupe {

inline constexpr std::string_view npy_magic = "\x93NUMPY";
/// Longest header that we read; NumPy's own are 118 bytes for anything that we serve.
inline constexpr std::size_t npy_header_bytes_max = 64 << 10;

/// What stands before an `.npy` file's data.
struct npy_header {
  std::string descr; ///< NumPy's name of the element type, never empty: "<f4"
  bool fortran_order = false;
  shape dims;           ///< at most rank_max, none negative
  std::size_t size = 0; ///< bytes before the data
};

/// Reads the magic, the version and the dictionary. invalid_argument says what is wrong, without the file's name.
result<npy_header> parse_npy_header(std::string_view bytes);

} // namespace troupe
