#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// How a body is packed on the wire. `deflate` is what HTTP calls so: zlib's format.
enum class content_coding { identity, gzip, deflate };

/// "gzip"; "" for identity.
const char* to_string(content_coding coding);

/// What Content-Encoding says; "" is identity. invalid_argument for anything else.
result<content_coding> content_coding_from(std::string_view header);

/// The one to answer with, by Accept-Encoding: what the client weighs most, gzip before deflate before identity. Identity if it names
/// neither.
content_coding accepted_coding(std::string_view header);

/// The bytes packed; fast rather than small.
std::string pack(std::string_view bytes, content_coding coding);

/// The bytes as they were before they were packed, so many of them at most: never allocates more. The whole body must be one stream.
result<std::string> unpack(std::string_view bytes, content_coding coding, std::size_t bytes_max);

} // namespace troupe
