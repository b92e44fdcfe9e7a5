#include "runtime/gateway/http_service.hpp"

#include "runtime/base/units.hpp"
#include "runtime/gateway/http_documents.hpp"
#include "runtime/gateway/http_inference.hpp"
#include "runtime/gateway/http_loading.hpp"
#include "runtime/gateway/http_repository.hpp"
#include "runtime/gateway/metrics_text.hpp"
#include "runtime/gateway/status_writer.hpp"

#include <kj/debug.h>

#include <charconv>
#include <chrono>

namespace troupe {

namespace {

/// An answer that is smaller isn't packed: it would hardly become smaller still.
constexpr std::size_t packed_bytes_min = 1024;

/// A scrape has a time limit of its own, usually 10 s.
constexpr auto metrics_patience = std::chrono::seconds(2);

constexpr kj::StringPtr go_on = "HTTP/1.1 100 Continue\r\n\r\n"_kj;

std::string_view view_of(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

http_verb verb_of(kj::HttpMethod method) {
  switch (method) {
  case kj::HttpMethod::GET:
  case kj::HttpMethod::HEAD: return http_verb::get; // KJ leaves the body out
  case kj::HttpMethod::POST: return http_verb::post;
  default: return http_verb::other;
  }
}

http_reply reply_to(no_http_route why) {
  switch (why) {
  case no_http_route::wrong_verb: return error_reply(405, "Method Not Allowed");
  case no_http_route::no_repositories: return error_reply(501, "there is but one repository, the node's own; leave its name out");
  case no_http_route::unknown_path: break;
  }
  return error_reply(404, "Not Found");
}

/// Throws it again if the client has gone.
void expect_client(kj::Exception& failure) {
  if (failure.getType() == kj::Exception::Type::DISCONNECTED)
    kj::throwFatalException(kj::mv(failure));
}

/// Of what nobody foresaw; what it says is not for clients.
http_reply reply_to_failure(kj::Exception&& failure) {
  expect_client(failure);
  KJ_LOG(ERROR, "an HTTP request failed", failure);
  return error_reply(500, "the node failed; with `troupe log-level gateway debug` its log says why");
}

received_body reply_to_bad_body(kj::Exception&& failure) {
  expect_client(failure);
  return error_reply(400, "the body is no valid HTTP");
}

bool wants_body(http_target target) {
  return target == http_target::infer || target == http_target::repository_index || target == http_target::load
         || target == http_target::unload;
}

http_reply document(std::string text) {
  return {200, std::move(text)};
}

/// Whether the body says that it is longer.
bool exceeds(kj::AsyncInputStream& body, std::uint64_t bytes_max) {
  auto length = body.tryGetLength();
  KJ_IF_MAYBE (bytes, length)
    return *bytes > bytes_max;
  return false;
}

result<std::optional<std::size_t>> header_length_from(kj::Maybe<kj::StringPtr> header) {
  KJ_IF_MAYBE (text, header) {
    std::size_t length = 0;
    auto parsed = std::from_chars(text->begin(), text->end(), length);
    if (parsed.ec != std::errc{} || parsed.ptr != text->end())
      return error{error_code::invalid_argument, "Inference-Header-Content-Length: expected a number of bytes"};
    return std::optional<std::size_t>(length);
  }
  return std::optional<std::size_t>();
}

} // namespace

kj::Promise<void> http_service::request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders& headers,
                                        kj::AsyncInputStream& body, Response& response) {
  auto found = http_route_of(verb_of(method), view_of(url));
  if (auto none = std::get_if<no_http_route>(&found))
    return send(reply_to(*none), content_coding::identity, response);
  auto head = read_head(std::move(std::get<http_route>(found)), headers);
  if (!head)
    return send(error_reply(head.failure()), content_coding::identity, response);
  auto accepted = head->accepted;
  return kj::evalNow([&] { return answer(std::move(*head), body); })
      .catch_([](kj::Exception&& failure) { return reply_to_failure(kj::mv(failure)); })
      .then([this, accepted, &response](http_reply reply) { return send(std::move(reply), accepted, response); });
}

result<http_service::request_head> http_service::read_head(http_route route, const kj::HttpHeaders& headers) const {
  const auto& known = context_.headers;
  request_head head{std::move(route)};
  auto length = header_length_from(headers.get(known.inference_header_length));
  if (!length)
    return length.failure();
  head.header_length = *length;
  KJ_IF_MAYBE (text, headers.get(known.content_encoding)) {
    auto packed = content_coding_from(view_of(*text));
    if (!packed)
      return packed.failure();
    head.packed = *packed;
  }
  KJ_IF_MAYBE (text, headers.get(known.accept_encoding))
    head.accepted = accepted_coding(view_of(*text));
  head.awaits_continue = headers.get(known.expect) != nullptr;
  return head;
}

kj::Promise<http_reply> http_service::answer(request_head head, kj::AsyncInputStream& body) {
  if (head.route.target == http_target::metrics)
    return metrics();
  if (!wants_body(head.route.target))
    return answer_at_once(head.route);
  auto received = receive(head, body);
  return received.then([this, head = std::move(head)](received_body whole) -> kj::Promise<http_reply> {
    if (auto refusal = std::get_if<http_reply>(&whole))
      return std::move(*refusal);
    return answer_with_body(head, std::move(std::get<http_body>(whole)));
  });
}

kj::Promise<received_body> http_service::receive(const request_head& head, kj::AsyncInputStream& body) {
  const auto& options = context_.door.options();
  auto bytes_max = options.message_bytes_max;
  auto told = head.awaits_continue && !exceeds(body, bytes_max) ? connection_.write(go_on.begin(), go_on.size())
                                                                : kj::Promise<void>(kj::READY_NOW);
  auto late = context_.timer.afterDelay(options.idle_timeout.count() * kj::MILLISECONDS).then([] {
    return received_body(error_reply(408, "the body did not come in time; send it faster, or in several requests"));
  });
  return told.then([&body, bytes_max] { return read_body(body, bytes_max); })
      .catch_([](kj::Exception&& failure) { return reply_to_bad_body(kj::mv(failure)); })
      .exclusiveJoin(kj::mv(late))
      .then([packed = head.packed, bytes_max](received_body read) { return unpacked(std::move(read), packed, bytes_max); });
}

kj::Promise<http_reply> http_service::answer_with_body(const request_head& head, http_body body) {
  const auto& route = head.route;
  switch (route.target) {
  case http_target::repository_index: return repository_index(context_.control, body.text());
  case http_target::load: return load_model(context_.control, route.model, std::move(body));
  case http_target::unload: return unload_model(context_.control, route.model);
  default: return infer(context_.door, route.model, route.version, head.header_length, std::move(body));
  }
}

http_reply http_service::answer_at_once(const http_route& route) {
  const auto& node = context_.control.node;
  switch (route.target) {
  case http_target::ready: return context_.door.draining() ? error_reply(drain_gate::refusal()) : document(R"({"ready":true})");
  case http_target::server_metadata: return document(server_document(node.http_name, node.software_version));
  case http_target::model_list: return document(model_list_document(*context_.routes.read()));
  case http_target::model_metadata: return of_model(route, &model_metadata_document);
  case http_target::model_ready: return of_model(route, &model_ready_document);
  case http_target::model_config: return of_model(route, &model_config_document);
  case http_target::model_statistics:
  case http_target::all_statistics: return statistics(route);
  default: return document(R"({"live":true})");
  }
}

http_reply http_service::of_model(const http_route& route, std::string (*write)(const pool&)) {
  auto target = context_.door.find_target(route.model, route.version);
  return target ? document(write(**target)) : error_reply(target.failure());
}

http_reply http_service::statistics(const http_route& route) {
  std::vector<std::shared_ptr<pool>> targets;
  if (route.target == http_target::all_statistics) {
    for (const auto& [name, where] : *context_.routes.read())
      if (where.target != nullptr)
        targets.push_back(where.target);
    return document(statistics_document(targets));
  }
  auto target = context_.door.find_target(route.model, route.version);
  if (!target)
    return error_reply(target.failure());
  targets.push_back(*target);
  return document(statistics_document(targets));
}

kj::Promise<http_reply> http_service::metrics() {
  const auto& node = context_.control.node;
  return context_.control.actors.ask<deployment_list>(node.actors.catalog.get(), list_deployments{}, metrics_patience)
      .then([this](result<deployment_list> found) {
        // Without an answer the page lacks what only the actors know.
        metrics_view view{context_.routes.pools(), found ? std::move(*found) : deployment_list{}, resident_bytes()};
        return http_reply{200, metrics_text(view), metrics_content};
      });
}

kj::Promise<void> http_service::send(http_reply reply, content_coding accepted, Response& response) const {
  auto packed = reply.body.size() < packed_bytes_min ? content_coding::identity : accepted;
  return send_reply(context_.headers, std::move(reply), packed, response);
}

kj::Promise<void> send_reply(const http_headers& known, http_reply reply, content_coding packed,
                             kj::HttpService::Response& response) {
  kj::HttpHeaders headers(*known.table);
  headers.set(kj::HttpHeaderId::CONTENT_TYPE, kj::StringPtr(reply.content_type));
  if (reply.header_length)
    headers.set(known.inference_header_length, kj::str(*reply.header_length));
  auto body = kj::heap<std::string>(std::move(reply.body));
  if (packed != content_coding::identity) {
    headers.set(known.content_encoding, kj::StringPtr(to_string(packed)));
    *body = pack(*body, packed);
  }
  auto stream = response.send(reply.status, reason_of_status(reply.status), headers, body->size());
  if (body->empty())
    return kj::READY_NOW;
  auto written = stream->write(body->data(), body->size());
  return written.attach(kj::mv(stream), kj::mv(body));
}

} // namespace troupe
