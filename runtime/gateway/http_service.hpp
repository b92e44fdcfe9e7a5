#pragma once

#include "runtime/gateway/admission.hpp"
#include "runtime/gateway/content_coding.hpp"
#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/http_body.hpp"
#include "runtime/gateway/http_headers.hpp"
#include "runtime/gateway/http_reply.hpp"
#include "runtime/gateway/http_route.hpp"

#include <kj/compat/http.h>

namespace troupe {

/// What a loop's HTTP connections need. Belongs to the loop's thread.
struct http_context {
  const http_headers& headers;
  kj::Timer& timer;
  const routing_cell& routes;
  admission& door;
  control_context& control;
};

/// One connection's requests, one after the other: finds the route, reads the body, answers.
class http_service final : public kj::HttpService {
public:
  /// `connection`: where the answers go, too.
  http_service(http_context& context, kj::AsyncOutputStream& connection) : context_(context), connection_(connection) {}

  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders& headers, kj::AsyncInputStream& body,
                            Response& response) override;

private:
  /// What a request's headers say; they are gone once the body is read.
  struct request_head {
    http_route route;
    std::optional<std::size_t> header_length{};
    content_coding packed = content_coding::identity;
    content_coding accepted = content_coding::identity;
    bool awaits_continue = false;
  };

  result<request_head> read_head(http_route route, const kj::HttpHeaders& headers) const;
  /// Reads the body, once the client has been told to send it if it waits for that.
  kj::Promise<received_body> receive(const request_head& head, kj::AsyncInputStream& body);
  kj::Promise<http_reply> answer(request_head head, kj::AsyncInputStream& body);
  kj::Promise<http_reply> answer_with_body(const request_head& head, http_body body);
  http_reply answer_at_once(const http_route& route);
  /// What `write` makes of the pool that the route leads to.
  http_reply of_model(const http_route& route, std::string (*write)(const pool&));
  http_reply statistics(const http_route& route);
  kj::Promise<http_reply> metrics();
  kj::Promise<void> send(http_reply reply, content_coding accepted, Response& response) const;

  http_context& context_;
  kj::AsyncOutputStream& connection_;
};

/// Sends an answer as it is.
kj::Promise<void> send_reply(const http_headers& known, http_reply reply, content_coding packed,
                             kj::HttpService::Response& response);

} // namespace troupe
