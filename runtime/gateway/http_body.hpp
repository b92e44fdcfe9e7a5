#pragma once

#include "runtime/gateway/content_coding.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <kj/async-io.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>

namespace troupe {

/// A request's body in one piece, with `infer_body_padding` bytes behind it that may be read.
struct http_body {
  std::unique_ptr<char[]> data;
  std::size_t size = 0;

  std::string_view text() const { return {data.get(), size}; }
};

/// A body, or the answer to a request whose body we don't take.
using received_body = std::variant<http_body, http_reply>;

/// Room for a body of so many bytes, uninitialized.
http_body make_body(std::size_t size);

/// Reads the stream to its end; at once into its place, if the length is known beforehand. A body of more than `bytes_max` is refused, one
/// whose length says so unread.
kj::Promise<received_body> read_body(kj::AsyncInputStream& from, std::size_t bytes_max);

/// The body as it was before it was packed, at most so large.
received_body unpacked(received_body body, content_coding packed, std::size_t bytes_max);

} // namespace troupe
