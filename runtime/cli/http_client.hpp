#pragma once

#include "runtime/cli/client_loop.hpp"
#include "runtime/cli/oip_http.hpp"

#include <kj/compat/http.h>

#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

struct http_reply {
  unsigned status = 0;
  oip_body body;
};

/// Requests over HTTP to one server, a connection for each that is in flight. Used on its loop's thread only.
class http_client {
public:
  /// "HOST:PORT". bad_usage if that is no address, no_node if nobody listens there. Opens at most so many connections; what is beyond them waits.
  http_client(client_loop& loop, const std::string& address, std::uint32_t connections);

  const std::string& address() const { return address_; }
  kj::Promise<http_reply> get(const std::string& path);
  /// `body` must live until the reply is there.
  kj::Promise<http_reply> post(const std::string& path, const oip_body& body);

private:
  http_client(const std::string& address, kj::HttpHeaderTable::Builder builder);
  kj::Promise<http_reply> read(kj::HttpClient::Response&& response) const;

  std::string address_;
  kj::HttpHeaderId json_length_;
  kj::Own<kj::HttpHeaderTable> table_;
  kj::Own<kj::NetworkAddress> server_;
  kj::Own<kj::HttpClient> connections_;
  kj::Own<kj::HttpClient> limited_;
};

} // namespace troupe
