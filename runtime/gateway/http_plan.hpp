#pragma once

#include "runtime/gateway/content_coding.hpp"
#include "runtime/gateway/http_route.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace troupe {

/// What to do about a request, as its head says.
struct http_plan {
  http_route route;
  std::optional<std::size_t> header_length{}; ///< Inference-Header-Content-Length
  content_coding packed = content_coding::identity;
  content_coding accepted = content_coding::identity;
  std::string fields{}; ///< as of http_head

  bool takes_body() const;
};

} // namespace troupe
