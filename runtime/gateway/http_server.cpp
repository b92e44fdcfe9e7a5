#include "runtime/gateway/http_server.hpp"

#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/http_service.hpp"

#include <kj/debug.h>

namespace troupe {

/// A loop's share of the server. Lives on that loop's thread.
struct http_server::lane {
  lane(kj_loop& loop_, const gateway_view& node, const gateway_options& options)
    : loop(loop_), door(loop_, node.routes, node.time, options, node.control.drain), control(loop_, node.control, options) {}

  kj_loop& loop;
  admission door;
  control_context control;
};

namespace {

/// Answers what KJ can't make a request of. What fails within a request doesn't come here: http_service answers it.
class http_failures final : public kj::HttpServerErrorHandler {
public:
  explicit http_failures(const http_headers& headers) : headers_(headers) {}

  kj::Promise<void> handleClientProtocolError(kj::HttpHeaders::ProtocolError failure,
                                              kj::HttpService::Response& response) override {
    return send(error_reply(failure.statusCode, {failure.description.begin(), failure.description.size()}), response);
  }

  kj::Promise<void> handleApplicationError(kj::Exception failure, kj::Maybe<kj::HttpService::Response&> response) override {
    if (failure.getType() == kj::Exception::Type::DISCONNECTED)
      return kj::READY_NOW; // the client has gone in the middle
    KJ_LOG(ERROR, "no HTTP", failure);
    KJ_IF_MAYBE (unanswered, response)
      return send(error_reply(400, "the request's head is no valid HTTP"), *unanswered);
    return kj::READY_NOW;
  }

private:
  kj::Promise<void> send(http_reply reply, kj::HttpService::Response& response) const {
    return send_reply(headers_, std::move(reply), content_coding::identity, response);
  }

  const http_headers& headers_;
};

/// A client's connection, until it hangs up or is idle for too long.
struct connection {
  connection(kj::Own<kj::AsyncIoStream> socket, http_context context_, const gateway_options& options)
    : stream(kj::mv(socket)), context(context_), service(context, stream), failures(context.headers),
      server(context.timer, *context.headers.table, service, settings(options)) {}

  kj::HttpServerSettings settings(const gateway_options& options) {
    kj::HttpServerSettings chosen;
    chosen.headerTimeout = options.login_timeout.count() * kj::MILLISECONDS;
    chosen.pipelineTimeout = options.idle_timeout.count() * kj::MILLISECONDS;
    // Who sends a body that is refused can send it to its end and read the answer, within reason.
    chosen.canceledUploadGraceBytes = 2 * options.message_bytes_max;
    chosen.errorHandler = failures;
    return chosen;
  }

  gathering_stream stream;
  http_context context;
  http_service service;
  http_failures failures;
  kj::HttpServer server;
};

} // namespace

http_server::http_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options,
                         client_count& clients)
  : node_(std::move(node)), options_(options), lanes_(make_lanes(loops)),
    door_(std::move(loops), std::move(door), clients,
          [this](std::size_t loop, kj::Own<kj::AsyncIoStream> client) { return serve(*lanes_[loop], kj::mv(client)); }) {}

http_server::~http_server() = default;

std::vector<std::unique_ptr<http_server::lane>> http_server::make_lanes(const std::vector<kj_loop*>& loops) const {
  std::vector<std::unique_ptr<lane>> lanes;
  for (auto loop : loops)
    lanes.push_back(std::make_unique<lane>(*loop, node_, options_));
  return lanes;
}

kj::Promise<void> http_server::serve(lane& on, kj::Own<kj::AsyncIoStream> client) const {
  http_context context{headers_, on.loop.io().provider->getTimer(), node_.routes, on.door, on.control};
  auto served = kj::heap<connection>(kj::mv(client), context, options_);
  auto gone = served->server.listenHttpCleanDrain(served->stream);
  return gone.ignoreResult().attach(kj::mv(served));
}

} // namespace troupe
