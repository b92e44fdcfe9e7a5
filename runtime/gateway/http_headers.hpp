#pragma once

#include <kj/compat/http.h>

namespace troupe {

/// The header names that we know beyond HTTP's own. One for all loops: read-only once it is made.
struct http_headers {
  http_headers();

  kj::Own<kj::HttpHeaderTable> table;
  kj::HttpHeaderId inference_header_length;
  kj::HttpHeaderId content_encoding;
  kj::HttpHeaderId accept_encoding;
  kj::HttpHeaderId expect;

private:
  explicit http_headers(kj::HttpHeaderTable::Builder builder);
};

} // namespace troupe
