#include "runtime/gateway/http_body.hpp"

#include "runtime/base/units.hpp"
#include "runtime/gateway/chunk_decoder.hpp"
#include "runtime/oip/infer_query.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe {

namespace {

/// What is taken from the budget at once.
constexpr std::size_t step_bytes = 256 * 1024;
/// What a body of unknown length gets at first; it doubles from there.
constexpr std::size_t first_bytes = 16 * 1024;

http_reply too_large(std::size_t bytes_max) {
  return error_reply(413, "the body is larger than " + human_size(bytes_max) + ", the most that this node takes (message_bytes)");
}

http_reply too_many() {
  return error_reply(
      {error_code::overloaded, "the node holds as many bytes of requests as it may (limits.body_bytes); retry later"});
}

http_reply cut_short() {
  return error_reply(400, "the body ends before its end: send as many bytes as Content-Length says, or a last chunk");
}

http_reply bad_chunk() {
  return error_reply(400, "the body is not in chunks as HTTP has them, though Transfer-Encoding says so");
}

/// Without its bytes.
http_body make_body(std::size_t capacity, byte_budget& budget) {
  return {std::unique_ptr<char[]>(new char[capacity + infer_body_padding]), 0, byte_lease(budget)};
}

void append(http_body& to, std::string_view bytes) {
  if (!bytes.empty())
    std::memcpy(to.data.get() + to.size, bytes.data(), bytes.size());
  to.size += bytes.size();
}

/// A body of known length.
class whole_reader {
public:
  whole_reader(http_input& from, std::size_t length, byte_budget& budget)
    : from_(from), length_(length), body_(make_body(length, budget)) {}

  kj::Promise<received_body> read() {
    auto stop = std::min(length_, (body_.size / step_bytes + 1) * step_bytes);
    if (!body_.held.grow_to(stop))
      return received_body(too_many());
    auto bytes = from_.unread().substr(0, stop - body_.size);
    append(body_, bytes);
    from_.consume(bytes.size());
    if (body_.size == length_)
      return received_body(std::move(body_));
    if (body_.size == stop)
      return read();
    if (from_.ended())
      return received_body(cut_short());
    if (from_.reading())
      return from_.more().then([this] { return read(); });
    return from_.read(body_.data.get() + body_.size, stop - body_.size).then([this](std::size_t count) {
      body_.size += count;
      return read();
    });
  }

private:
  http_input& from_;
  const std::size_t length_;
  http_body body_;
};

/// A body that comes in chunks.
class chunked_reader {
public:
  chunked_reader(http_input& from, body_limits limits)
    : from_(from), limits_(limits), capacity_(std::min(first_bytes, limits.bytes_max)),
      body_(make_body(capacity_, limits.budget)) {}

  kj::Promise<received_body> read() {
    auto bytes = from_.unread();
    auto had = bytes.size();
    while (!bytes.empty()) {
      std::string_view data;
      auto found = chunks_.advance(bytes, data);
      if (found == chunk_decoder::progress::bad)
        return received_body(bad_chunk());
      if (auto refused = take(data))
        return received_body(std::move(*refused));
      if (found == chunk_decoder::progress::whole) {
        from_.consume(had - bytes.size());
        return received_body(std::move(body_));
      }
    }
    from_.consume(had);
    if (from_.ended())
      return received_body(cut_short());
    return from_.more().then([this] { return read(); });
  }

private:
  std::optional<http_reply> take(std::string_view data) {
    auto size = body_.size + data.size();
    if (size > limits_.bytes_max)
      return too_large(limits_.bytes_max);
    if (size > capacity_)
      grow_to(std::min(std::max(size, capacity_ * 2), limits_.bytes_max));
    if (!body_.held.grow_to(size))
      return too_many();
    append(body_, data);
    return std::nullopt;
  }

  void grow_to(std::size_t capacity) {
    auto larger = std::unique_ptr<char[]>(new char[capacity + infer_body_padding]);
    std::memcpy(larger.get(), body_.data.get(), body_.size);
    body_.data = std::move(larger);
    capacity_ = capacity;
  }

  http_input& from_;
  const body_limits limits_;
  chunk_decoder chunks_;
  std::size_t capacity_;
  http_body body_;
};

kj::Promise<bool> skip(http_input& from, std::uint64_t left) {
  auto count = std::min<std::uint64_t>(left, from.unread().size());
  from.consume(count);
  left -= count;
  if (left == 0 || from.ended())
    return left == 0;
  return from.more().then([&from, left] { return skip(from, left); });
}

kj::Promise<bool> skip_chunks(http_input& from, kj::Own<chunk_decoder> chunks, std::size_t left) {
  auto bytes = from.unread();
  auto had = bytes.size();
  if (had > left)
    return false;
  auto found = chunk_decoder::progress::more;
  for (std::string_view data; !bytes.empty() && found == chunk_decoder::progress::more;)
    found = chunks->advance(bytes, data);
  from.consume(had - bytes.size());
  if (found != chunk_decoder::progress::more || from.ended())
    return found == chunk_decoder::progress::whole;
  left -= had;
  return from.more().then([&from, chunks = kj::mv(chunks), left]() mutable { return skip_chunks(from, kj::mv(chunks), left); });
}

} // namespace

kj::Promise<received_body> read_body(http_input& from, const http_head& head, body_limits limits) {
  if (head.chunked) {
    auto reader = kj::heap<chunked_reader>(from, limits);
    auto body = reader->read();
    return body.attach(kj::mv(reader));
  }
  if (head.length > limits.bytes_max)
    return received_body(too_large(limits.bytes_max));
  auto reader = kj::heap<whole_reader>(from, head.length, limits.budget);
  auto body = reader->read();
  return body.attach(kj::mv(reader));
}

kj::Promise<bool> skip_body(http_input& from, const http_head& head, std::size_t bytes_max) {
  if (head.chunked)
    return skip_chunks(from, kj::heap<chunk_decoder>(), bytes_max);
  if (head.length > bytes_max)
    return false;
  return skip(from, head.length);
}

std::variant<http_body, http_reply> unpacked(http_body body, content_coding packed, body_limits limits) {
  if (packed == content_coding::identity)
    return body;
  auto bytes = unpack(body.text(), packed, limits.bytes_max);
  if (!bytes)
    return error_reply(bytes.failure());
  auto whole = make_body(bytes->size(), limits.budget);
  if (!whole.held.grow_to(bytes->size()))
    return too_many();
  append(whole, *bytes);
  return whole;
}

} // namespace troupe
