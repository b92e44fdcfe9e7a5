#include "runtime/gateway/http_head.hpp"

#include "runtime/gateway/http_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace troupe {

namespace {

using progress = http_head_reader::progress;

constexpr char tls_handshake = 0x16;

http_verb verb_of(std::string_view method) {
  if (method == "GET" || method == "HEAD")
    return http_verb::get;
  return method == "POST" ? http_verb::post : http_verb::other;
}

bool is_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// A proxy's "http://host/path" means the path.
std::string_view without_origin(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (!same_word(target.substr(0, scheme.size()), scheme))
    return target;
  auto path = target.find_first_of("/?", scheme.size());
  return path == std::string_view::npos ? "/" : target.substr(path);
}

/// What says nothing by which requests could be told from each other.
bool is_sent_by_all(std::string_view name) {
  constexpr std::array<std::string_view, 5> common = {"host", "user-agent", "accept", "content-type", "origin"};
  return std::any_of(common.begin(), common.end(), [name](std::string_view each) { return same_word(name, each); });
}

void append(std::optional<std::string>& to, std::string_view value) {
  to = to ? *to + ", " + std::string(value) : std::string(value);
}

} // namespace

progress http_head_reader::advance(std::string_view bytes) {
  if (!bytes.empty() && bytes[0] == tls_handshake)
    return refuse(400, "this is TLS, and this port takes plain HTTP; use http://");
  if (!bytes.empty() && bytes[0] != '\r' && !is_token(bytes.substr(0, 1)))
    return refuse(400, "this is no HTTP; the node takes Cap'n Proto RPC at another port (--listen)");
  for (;;) {
    auto end = bytes.find('\n', scanned_);
    if (std::min(end, bytes.size()) >= http_head_bytes_max)
      return refuse(431, "the request's line and fields are larger than 64 KiB; send fewer or shorter ones");
    if (end == std::string_view::npos) {
      scanned_ = bytes.size();
      return progress::more;
    }
    auto line = bytes.substr(line_begin_, end - line_begin_);
    line_begin_ = scanned_ = end + 1;
    if (line.empty() || line.back() != '\r')
      return refuse(400, "a line of the request's head does not end in CR LF");
    line.remove_suffix(1);
    if (auto found = take_line(line); found != progress::more)
      return found;
  }
}

progress http_head_reader::refuse(unsigned status, std::string_view why) {
  refusal_ = error_reply(status, why);
  return progress::refused;
}

progress http_head_reader::take_line(std::string_view line) {
  if (in_fields_)
    return line.empty() ? finish() : take_field(line);
  if (line.empty())
    return progress::more; // some clients send one behind a body
  in_fields_ = true;
  return take_request_line(line);
}

progress http_head_reader::take_request_line(std::string_view line) {
  auto method = line.substr(0, line.find(' '));
  auto version = line.substr(line.rfind(' ') + 1);
  if (!is_token(method) || line.size() < method.size() + version.size() + 2)
    return refuse(400, "the request line is not METHOD PATH HTTP/1.1");
  head_.verb = verb_of(method);
  head_.only_head = method == "HEAD";
  if (auto found = take_version(version); found != progress::more)
    return found;
  return take_target(line.substr(method.size() + 1, line.size() - method.size() - version.size() - 2));
}

progress http_head_reader::take_version(std::string_view version) {
  head_.is_1_1 = version == "HTTP/1.1";
  if (head_.is_1_1 || version == "HTTP/1.0")
    return progress::more;
  if (version.substr(0, 5) == "HTTP/")
    return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  return refuse(400, "the request line is not METHOD PATH HTTP/1.1");
}

progress http_head_reader::take_target(std::string_view target) {
  if (!is_target(target))
    return refuse(400, "the path has characters that must be percent-encoded");
  head_.target = without_origin(target);
  return progress::more;
}

progress http_head_reader::take_field(std::string_view line) {
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(name))
    return refuse(400, "a field of the request's head is not NAME: VALUE on one line");
  auto value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value))
    return refuse(400, "a field of the request's head has control characters");
  return take_known_field(name, value);
}

progress http_head_reader::take_known_field(std::string_view name, std::string_view value) {
  if (same_word(name, "content-length"))
    return take_length(value);
  if (same_word(name, "transfer-encoding"))
    return take_transfer_encoding(value);
  if (same_word(name, "expect"))
    return take_expectation(value);
  if (same_word(name, "host") && std::exchange(has_host_, true))
    return refuse(400, "the request has more than one Host");
  if (same_word(name, "connection"))
    take_connection(value);
  else if (same_word(name, "inference-header-content-length"))
    append(head_.inference_header_length, value);
  else if (same_word(name, "content-encoding"))
    append(head_.content_encoding, value);
  else if (same_word(name, "accept-encoding"))
    append(head_.accept_encoding, value);
  else if (!is_sent_by_all(name))
    head_.fields.append(name).append(":").append(value).append("\n");
  return progress::more;
}

progress http_head_reader::take_length(std::string_view digits) {
  if (std::exchange(has_length_, true))
    return refuse(400, "the request has more than one Content-Length");
  auto end = digits.data() + digits.size();
  auto parsed = std::from_chars(digits.data(), end, head_.length);
  if (digits.empty() || parsed.ptr != end)
    return refuse(400, "Content-Length: expected a number of bytes");
  if (parsed.ec == std::errc::result_out_of_range)
    head_.length = std::numeric_limits<std::uint64_t>::max();
  return progress::more;
}

progress http_head_reader::take_transfer_encoding(std::string_view coding) {
  if (head_.chunked || !same_word(coding, "chunked"))
    return refuse(501, "Transfer-Encoding: only chunked is taken, once");
  head_.chunked = true;
  return progress::more;
}

progress http_head_reader::take_expectation(std::string_view what) {
  if (!same_word(what, "100-continue"))
    return refuse(417, "Expect: only 100-continue can be met");
  head_.awaits_continue = true;
  return progress::more;
}

void http_head_reader::take_connection(std::string_view options) {
  while (!options.empty()) {
    auto option = next_part(options, ',');
    says_close_ |= same_word(option, "close");
    says_keep_alive_ |= same_word(option, "keep-alive");
  }
}

progress http_head_reader::finish() {
  if (head_.chunked && has_length_)
    return refuse(400, "the request has both a Content-Length and a Transfer-Encoding; send one of them");
  if (head_.chunked && !head_.is_1_1)
    return refuse(400, "HTTP/1.0 has no Transfer-Encoding; send a Content-Length");
  if (head_.is_1_1 && !has_host_)
    return refuse(400, "the request has no Host");
  head_.stays = !says_close_ && (head_.is_1_1 || says_keep_alive_);
  head_.awaits_continue = head_.awaits_continue && head_.is_1_1;
  return progress::whole;
}

} // namespace troupe
