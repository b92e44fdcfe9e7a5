#pragma once

#include "runtime/cli/client_loop.hpp"
#include "runtime/cli/node_route.hpp"
#include "runtime/cli/oip_http.hpp"

#include <kj/compat/http.h>

#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

struct oip_reply {
  unsigned status = 0;
  oip_body body;
};

/// Requests over HTTP to one server, a connection for each that is in flight. Used on its loop's thread only.
class http_client {
public:
  /// bad_usage if that is no address, no_node if nobody listens there, failed if they don't trust each other. Opens at most so many connections; what is beyond them waits.
  http_client(client_loop& loop, const node_target& target, std::uint32_t connections);

  const std::string& address() const { return address_; }
  kj::Promise<oip_reply> get(const std::string& path);
  /// `body` must live until the reply is there.
  kj::Promise<oip_reply> post(const std::string& path, const oip_body& body);

private:
  http_client(const std::string& address, kj::HttpHeaderTable::Builder builder);
  kj::Promise<oip_reply> read(kj::HttpClient::Response&& response) const;

  std::string address_;
  kj::HttpHeaderId json_length_;
  kj::Own<kj::HttpHeaderTable> table_;
  kj::Own<node_route> server_;
  kj::Own<kj::HttpClient> connections_;
  kj::Own<kj::HttpClient> limited_;
};

} // namespace troupe
