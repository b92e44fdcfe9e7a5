#pragma once

#include "runtime/gateway/byte_budget.hpp"
#include "runtime/gateway/content_coding.hpp"
#include "runtime/gateway/http_head.hpp"
#include "runtime/gateway/http_input.hpp"
#include "runtime/gateway/http_reply.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>

namespace troupe {

/// A request's body in one piece, with `infer_body_padding` bytes behind it that may be read.
struct http_body {
  std::unique_ptr<char[]> data;
  std::size_t size = 0;
  byte_lease held; ///< the node's memory for bodies

  std::string_view text() const { return {data.get(), size}; }
};

/// A body, or the answer to a request whose body we don't take: nothing can follow it on its connection.
using received_body = std::variant<http_body, http_reply>;

/// What bodies may need.
struct body_limits {
  std::size_t bytes_max; ///< of one
  byte_budget& budget;   ///< of all
};

/// Reads the body that the head tells of, at once into its place if its length is known. Takes from the budget as bytes come in, not as they
/// are promised.
kj::Promise<received_body> read_body(http_input& from, const http_head& head, body_limits limits);

/// Reads it and forgets it, if it has no more than so many bytes. False: nothing can follow it on its connection.
kj::Promise<bool> skip_body(http_input& from, const http_head& head, std::size_t bytes_max);

/// The body as it was before it was packed, or the answer to a request whose body isn't packed so.
std::variant<http_body, http_reply> unpacked(http_body body, content_coding packed, body_limits limits);

} // namespace troupe
