#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <string>

namespace troupe {

/// The whole of a small file. not_found, io_failed, or invalid_argument if it is no regular file or larger than `bytes_max`; the message
/// names the path.
result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

} // namespace troupe
