#include "runtime/cli/http_client.hpp"

#include "runtime/base/config.hpp"

#include <charconv>

namespace troupe {

namespace {

constexpr std::chrono::seconds connect_timeout{5};

kj::StringPtr view(const std::string& text) {
  return {text.c_str(), text.size()};
}

std::optional<std::size_t> length_from(kj::StringPtr text) {
  std::size_t length = 0;
  auto [end, failure] = std::from_chars(text.begin(), text.end(), length);
  return failure == std::errc() && end == text.end() ? std::optional(length) : std::nullopt;
}

} // namespace

http_client::http_client(const std::string& address, kj::HttpHeaderTable::Builder builder)
  : address_(address), json_length_(builder.add(json_length_header)), table_(builder.build()) {}

http_client::http_client(client_loop& loop, const node_target& target, std::uint32_t connections)
  : http_client(target.address, kj::HttpHeaderTable::Builder()) {
  if (auto parsed = listen_address_from(address_); !parsed)
    throw command_failure(exit_code::bad_usage, "--http: " + parsed.failure().message);
  try {
    server_ = kj::heap<node_route>(loop.wait(loop.network().parseAddress(view(address_)), connect_timeout, address_), target);
    loop.wait(server_->connect(), connect_timeout, address_); // so that nobody there is told as such
  } catch (const kj::Exception& why) {
    if (server_.get() != nullptr && server_->untrusted())
      throw failure_of(why, address_);
    throw command_failure(exit_code::no_node,
                          "nobody answers HTTP at " + address_ + "; start a node that does, or name another with --http");
  }
  connections_ = kj::newHttpClient(loop.timer(), *table_, *server_);
  limited_ = kj::newConcurrencyLimitingHttpClient(*connections_, connections, [](kj::uint, kj::uint) {});
}

kj::Promise<oip_reply> http_client::get(const std::string& path) {
  kj::HttpHeaders headers(*table_);
  headers.set(kj::HttpHeaderId::HOST, view(address_));
  auto request = limited_->request(kj::HttpMethod::GET, view(path), headers);
  return request.response.then([this](kj::HttpClient::Response&& response) { return read(kj::mv(response)); })
      .attach(kj::mv(request.body));
}

kj::Promise<oip_reply> http_client::post(const std::string& path, const oip_body& body) {
  kj::HttpHeaders headers(*table_);
  headers.set(kj::HttpHeaderId::HOST, view(address_));
  headers.set(kj::HttpHeaderId::CONTENT_TYPE, body.json_length ? "application/octet-stream" : "application/json");
  if (body.json_length)
    headers.set(json_length_, kj::str(*body.json_length));
  auto request = limited_->request(kj::HttpMethod::POST, view(path), headers, body.bytes.size());
  auto stream = kj::mv(request.body);
  auto writing = stream->write(body.bytes.data(), body.bytes.size());
  // A server may answer before it has read everything, so that a write that fails is no end: then the answer does, too, or says why.
  auto written = writing.attach(kj::mv(stream)).eagerlyEvaluate([](kj::Exception&&) {});
  return request.response.then([this](kj::HttpClient::Response&& response) { return read(kj::mv(response)); })
      .attach(kj::mv(written));
}

kj::Promise<oip_reply> http_client::read(kj::HttpClient::Response&& response) const {
  std::optional<std::size_t> length;
  KJ_IF_MAYBE (text, response.headers->get(json_length_))
    length = length_from(*text);
  auto status = response.statusCode;
  auto whole = response.body->readAllText();
  return whole.attach(kj::mv(response.body)).then([status, length](kj::String&& text) {
    return oip_reply{status, {std::string(text.begin(), text.size()), length}};
  });
}

} // namespace troupe
