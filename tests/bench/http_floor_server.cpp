// What a request over HTTP costs with nothing behind it: kj-http on one loop, answered at once.
//
//     troupe-http-floor PORT BODY_BYTES JSON_BYTES
//
// Reads every request's body and answers with BODY_BYTES, and the headers of an answer of the Open Inference Protocol whose tensors begin
// behind JSON_BYTES (0: which is JSON). Runs until it is killed.

#include <kj/async-io.h>
#include <kj/compat/http.h>
#include <kj/debug.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

class echo final : public kj::HttpService {
public:
  echo(kj::HttpHeaderTable::Builder& builder, std::uint64_t body_bytes, std::uint64_t json_bytes)
    : json_length_(builder.add("Inference-Header-Content-Length")), table_(builder.getFutureTable()), json_bytes_(json_bytes),
      body_(kj::heapArray<kj::byte>(body_bytes)) {
    std::fill(body_.begin(), body_.end(), ' ');
  }

  kj::Promise<void> request(kj::HttpMethod, kj::StringPtr, const kj::HttpHeaders&, kj::AsyncInputStream& body,
                            Response& response) override {
    return body.readAllBytes().then([this, &response](kj::Array<kj::byte>&&) { return answer(response); });
  }

private:
  kj::Promise<void> answer(Response& response) {
    kj::HttpHeaders headers(table_);
    headers.set(kj::HttpHeaderId::CONTENT_TYPE, json_bytes_ > 0 ? "application/octet-stream" : "application/json");
    if (json_bytes_ > 0)
      headers.set(json_length_, kj::str(json_bytes_));
    auto stream = response.send(200, "OK", headers, body_.size());
    auto written = stream->write(body_.begin(), body_.size());
    return written.attach(kj::mv(stream));
  }

  kj::HttpHeaderId json_length_;
  const kj::HttpHeaderTable& table_;
  std::uint64_t json_bytes_;
  kj::Array<kj::byte> body_;
};

/// KJ sets TCP_NODELAY on its sockets.
void serve(unsigned port, std::uint64_t body_bytes, std::uint64_t json_bytes) {
  auto io = kj::setupAsyncIo();
  kj::HttpHeaderTable::Builder builder;
  echo service(builder, body_bytes, json_bytes);
  auto table = builder.build();
  auto door = io.provider->getNetwork().parseAddress("127.0.0.1", port).wait(io.waitScope)->listen();
  kj::HttpServer server(io.provider->getTimer(), *table, service);
  server.listenHttp(*door).wait(io.waitScope);
}

} // namespace

int main(int argc, char** argv) {
  KJ_REQUIRE(argc == 4, "usage: troupe-http-floor PORT BODY_BYTES JSON_BYTES");
  serve(static_cast<unsigned>(std::atoi(argv[1])), std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
}
