#include "runtime/gateway/http_body.hpp"

#include "runtime/base/units.hpp"
#include "runtime/oip/infer_query.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe {

namespace {

/// What a body of unknown length gets at first; it doubles from there.
constexpr std::size_t first_bytes = 16 * 1024;

http_reply too_large(std::size_t bytes_max) {
  return error_reply(413, "the body is larger than " + human_size(bytes_max) + ", the most that this node takes (message_bytes)");
}

/// Reads on behind what `body` has; `capacity` is what it has room for.
kj::Promise<received_body> read_rest(kj::AsyncInputStream& from, http_body body, std::size_t capacity, std::size_t bytes_max) {
  auto to = body.data.get() + body.size;
  auto room = capacity - body.size;
  return from.tryRead(to, room, room)
      .then([&from, body = std::move(body), room, capacity, bytes_max](std::size_t got) mutable -> kj::Promise<received_body> {
        body.size += got;
        if (body.size > bytes_max)
          return received_body(too_large(bytes_max));
        if (got < room)
          return received_body(std::move(body));
        auto larger = make_body(std::min(capacity * 2, bytes_max + 1));
        std::memcpy(larger.data.get(), body.data.get(), body.size);
        auto larger_capacity = std::exchange(larger.size, body.size);
        return read_rest(from, std::move(larger), larger_capacity, bytes_max);
      });
}

} // namespace

http_body make_body(std::size_t size) {
  return {std::unique_ptr<char[]>(new char[size + infer_body_padding]), size};
}

kj::Promise<received_body> read_body(kj::AsyncInputStream& from, std::size_t bytes_max) {
  KJ_IF_MAYBE (length, from.tryGetLength()) {
    if (*length > bytes_max)
      return received_body(too_large(bytes_max));
    auto body = make_body(*length);
    auto to = body.data.get();
    return from.tryRead(to, body.size, body.size).then([body = std::move(body)](std::size_t got) mutable {
      body.size = got;
      return received_body(std::move(body));
    });
  }
  auto capacity = std::min(first_bytes, bytes_max + 1);
  auto body = make_body(capacity);
  body.size = 0;
  return read_rest(from, std::move(body), capacity, bytes_max);
}

received_body unpacked(received_body body, content_coding packed, std::size_t bytes_max) {
  auto read = std::get_if<http_body>(&body);
  if (read == nullptr || packed == content_coding::identity)
    return body;
  auto bytes = unpack(read->text(), packed, bytes_max);
  if (!bytes)
    return error_reply(bytes.failure());
  auto whole = make_body(bytes->size());
  std::memcpy(whole.data.get(), bytes->data(), bytes->size());
  return whole;
}

} // namespace troupe
