#pragma once

#include "runtime/base/error.hpp"
#include "runtime/gateway/content_coding.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

inline constexpr const char* json_content = "application/json";
inline constexpr const char* binary_content = "application/octet-stream";

/// An answer of the HTTP door, before it is sent.
struct http_reply {
  unsigned status = 200;
  std::string body{};
  const char* content_type = json_content;
  /// Bytes of JSON, behind which tensors follow: the header Inference-Header-Content-Length.
  std::optional<std::size_t> header_length{};
};

/// {"error": "…"}
http_reply error_reply(unsigned status, std::string_view message);
http_reply error_reply(const error& failure);

/// What no model was found for; Triton's clients know that there is none by its first words, "Request for unknown model".
http_reply no_model_reply(const error& failure);

/// "Not Found"
const char* reason_of_status(unsigned status);

/// What the connection does after an answer.
enum class after_answer { stays, stays_as_1_0, closes };

/// The answer's line and fields, up to its body.
std::string written_head(const http_reply& reply, content_coding packed, after_answer next);

} // namespace troupe
