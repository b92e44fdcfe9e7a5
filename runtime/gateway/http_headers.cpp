#include "runtime/gateway/http_headers.hpp"

namespace troupe {

http_headers::http_headers() : http_headers(kj::HttpHeaderTable::Builder()) {}

http_headers::http_headers(kj::HttpHeaderTable::Builder builder)
  : inference_header_length(builder.add("Inference-Header-Content-Length")), content_encoding(builder.add("Content-Encoding")),
    accept_encoding(builder.add("Accept-Encoding")), expect(builder.add("Expect")) {
  table = builder.build();
}

} // namespace troupe
