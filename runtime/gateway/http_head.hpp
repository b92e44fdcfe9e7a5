#pragma once

#include "runtime/gateway/http_reply.hpp"
#include "runtime/gateway/http_route.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// The most that a request's line and fields may have together.
inline constexpr std::size_t http_head_bytes_max = 64 * 1024;

/// What a request's head says, as far as we care.
struct http_head {
  http_verb verb = http_verb::other;
  bool only_head = false; ///< HEAD: the answer has no body
  std::string target;     ///< path and query, as sent
  bool is_1_1 = true;     ///< else 1.0
  bool stays = true;      ///< whether another request may follow on this connection
  bool awaits_continue = false;
  bool chunked = false;
  std::uint64_t length = 0; ///< of the body, if it isn't chunked; what has more digits than this has is as large as this can say
  std::optional<std::string> inference_header_length;
  std::optional<std::string> content_encoding;
  std::optional<std::string> accept_encoding;
  std::string fields; ///< that mean nothing to us, each "NAME: VALUE" and a line feed, but for what every client sends
};

/// Reads a request's head as its bytes come in (RFC 9112), and refuses whatever two readers could take for two different things: lines
/// that don't end in CR LF, folded fields, blanks before a colon, control characters, more than one length. Pure.
class http_head_reader {
public:
  enum class progress { more, whole, refused };

  /// `bytes`: what it was given before, and more behind it.
  progress advance(std::string_view bytes);

  /// Once it is whole: how many bytes it had, and what it said.
  std::size_t size() const { return line_begin_; }
  http_head& head() { return head_; }
  /// Once it is refused.
  http_reply& refusal() { return refusal_; }

private:
  progress refuse(unsigned status, std::string_view why);
  progress take_line(std::string_view line);
  progress take_request_line(std::string_view line);
  progress take_version(std::string_view version);
  progress take_target(std::string_view target);
  progress take_field(std::string_view line);
  progress take_known_field(std::string_view name, std::string_view value);
  progress take_length(std::string_view digits);
  progress take_transfer_encoding(std::string_view coding);
  progress take_expectation(std::string_view what);
  void take_connection(std::string_view options);
  progress finish();

  std::size_t line_begin_ = 0;
  std::size_t scanned_ = 0;
  bool in_fields_ = false;
  bool has_length_ = false;
  bool has_host_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  http_head head_;
  http_reply refusal_;
};

} // namespace troupe
