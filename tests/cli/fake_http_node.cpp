#include "tests/cli/fake_http_node.hpp"

#include <kj/async-io.h>
#include <kj/compat/http.h>
#include <kj/debug.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>

namespace troupe::test {

namespace {

using nlohmann::json;

constexpr int answers_before_end = 50;
constexpr const char* metadata =
    R"({"name":"echo","versions":["3"],"platform":"","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[]})";

struct http_record {
  std::mutex mutex;
  std::string last_request;
  unsigned connections = 0;
  unsigned connections_most = 0;
};

/// "/v2/models/NAME/infer" -> "NAME"
std::string name_in(const std::string& path) {
  auto name = path.substr(std::min(path.size(), std::string("/v2/models/").size()));
  return name.substr(0, name.find('/'));
}

struct answer {
  unsigned status;
  std::string body;
  std::string json_length; ///< empty: none
};

answer refusal(unsigned status, const std::string& message) {
  return {status, json{{"error", message}}.dump(), ""};
}

/// The inputs as outputs; binary data go back as they came.
answer echo(const std::string& body, const std::string& json_length) {
  auto length = json_length.empty() ? body.size() : std::stoul(json_length);
  auto asked = json::parse(body.substr(0, length));
  json told = {{"model_name", "echo"}, {"model_version", "3"}, {"outputs", asked.at("inputs")}};
  if (asked.contains("id"))
    told["id"] = asked["id"];
  auto text = told.dump();
  return {200, text + body.substr(length), json_length.empty() ? "" : std::to_string(text.size())};
}

class fake_service final : public kj::HttpService {
public:
  fake_service(const kj::HttpHeaderTable& table, kj::HttpHeaderId json_length, http_record& seen)
    : table_(table), json_length_(json_length), seen_(seen) {}

  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders& headers, kj::AsyncInputStream& body,
                            Response& response) override {
    std::string path = url.cStr();
    if (method == kj::HttpMethod::GET)
      return send(name_in(path) == "echo" ? answer{200, metadata, ""} : refusal(404, "no deployment '" + name_in(path) + "'"),
                  response);
    std::string length;
    KJ_IF_MAYBE (text, headers.get(json_length_))
      length = text->cStr();
    note(path, headers, length);
    return body.readAllText().then([this, path, length, &response](kj::String&& text) {
      return reply(name_in(path), {text.begin(), text.size()}, length, response);
    });
  }

private:
  kj::Promise<void> reply(const std::string& name, const std::string& body, const std::string& length, Response& response) {
    ++calls_;
    if (name == "silent")
      return kj::NEVER_DONE;
    if (name == "mortal" && calls_ > answers_before_end)
      return KJ_EXCEPTION(DISCONNECTED, "as its name says");
    if (name == "garbled")
      return send({200, "<html>", ""}, response);
    if (name == "flaky" && calls_ % 2 == 0)
      return send(refusal(503, "the queue of 'flaky' is full; retry later"), response);
    if (name == "echo" || name == "flaky" || name == "mortal")
      return send(echo(body, length), response);
    return send(refusal(404, "no deployment '" + name + "'"), response);
  }

  kj::Promise<void> send(answer what, Response& response) {
    kj::HttpHeaders headers(table_);
    if (!what.json_length.empty())
      headers.set(json_length_, kj::str(what.json_length.c_str()));
    auto text = kj::heapString(what.body.data(), what.body.size());
    auto stream = response.send(what.status, "so", headers, text.size());
    auto written = stream->write(text.begin(), text.size());
    return written.attach(kj::mv(stream), kj::mv(text));
  }

  void note(const std::string& path, const kj::HttpHeaders& headers, const std::string& length) {
    std::lock_guard lock(seen_.mutex);
    auto type = headers.get(kj::HttpHeaderId::CONTENT_TYPE).orDefault("none");
    seen_.last_request = "POST " + path + " " + type.cStr() + " " + (length.empty() ? "none" : length);
  }

  const kj::HttpHeaderTable& table_;
  kj::HttpHeaderId json_length_;
  http_record& seen_;
  int calls_ = 0;
};

class ignore_errors final : public kj::TaskSet::ErrorHandler {
  void taskFailed(kj::Exception&&) override {}
};

/// Counts a connection while it is served.
class counted {
public:
  explicit counted(http_record& seen) : seen_(seen) {
    std::lock_guard lock(seen_.mutex);
    seen_.connections_most = std::max(seen_.connections_most, ++seen_.connections);
  }
  ~counted() {
    std::lock_guard lock(seen_.mutex);
    --seen_.connections;
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

private:
  http_record& seen_;
};

kj::Promise<void> accept_all(kj::ConnectionReceiver& port, kj::HttpServer& server, kj::TaskSet& connections, http_record& seen) {
  return port.accept().then([&](kj::Own<kj::AsyncIoStream>&& stream) {
    connections.add(server.listenHttp(kj::mv(stream)).attach(kj::heap<counted>(seen)));
    return accept_all(port, server, connections, seen);
  });
}

} // namespace

struct fake_http_node::state {
  mutable http_record seen;
  std::string address;
  std::promise<std::string> listening;
  kj::Own<kj::CrossThreadPromiseFulfiller<void>> stop;
  std::thread thread;

  void run() {
    auto io = kj::setupAsyncIo();
    auto end = kj::newPromiseAndCrossThreadFulfiller<void>();
    stop = kj::mv(end.fulfiller);
    kj::HttpHeaderTable::Builder builder;
    auto json_length = builder.add("Inference-Header-Content-Length");
    auto table = builder.build();
    fake_service service(*table, json_length, seen);
    kj::HttpServer server(io.provider->getTimer(), *table, service);
    auto port = io.provider->getNetwork().parseAddress("127.0.0.1:0").wait(io.waitScope)->listen();
    listening.set_value("127.0.0.1:" + std::to_string(port->getPort()));
    ignore_errors ignore;
    kj::TaskSet connections(ignore);
    accept_all(*port, server, connections, seen).exclusiveJoin(kj::mv(end.promise)).wait(io.waitScope);
  }
};

fake_http_node::fake_http_node() : state_(std::make_unique<state>()) {
  state_->thread = std::thread([this] { state_->run(); });
  state_->address = state_->listening.get_future().get();
}

fake_http_node::~fake_http_node() {
  state_->stop->fulfill();
  state_->thread.join();
}

const std::string& fake_http_node::address() const {
  return state_->address;
}

std::string fake_http_node::last_request() const {
  std::lock_guard lock(state_->seen.mutex);
  return state_->seen.last_request;
}

unsigned fake_http_node::connections() const {
  std::lock_guard lock(state_->seen.mutex);
  return state_->seen.connections_most;
}

} // namespace troupe::test
