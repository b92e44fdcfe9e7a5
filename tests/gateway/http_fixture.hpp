#pragma once

#include "runtime/gateway/http_server.hpp"
#include "tests/gateway/node_fixture.hpp"
#include "tests/gateway/raw_http.hpp"

#include <string>
#include <vector>

namespace troupe {

/// The node of the fixture with its HTTP door.
struct http_fixture : node_fixture {
  http_server server;

  explicit http_fixture(const gateway_options& given = small_limits())
    : node_fixture(given), server(loop_pointers(), listen_on("127.0.0.1:0").value(), view(), options, clients) {}
  ~http_fixture() { stop(); }

  std::uint16_t port() const { return port_of(server.address()); }
};

inline constexpr const char* infer_path = "/v2/models/echo/infer";

inline std::string infer_json(float value) {
  return R"({"id":"r1","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[)" + std::to_string(value) + ",2]}]}";
}

inline std::string head_of(const std::string& body, const std::string& headers = "") {
  return "POST " + std::string(infer_path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"
         + headers + "\r\n";
}

inline std::string bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

inline int infer_status(http_client& client, float value) {
  return client.post(infer_path, infer_json(value)).status;
}

} // namespace troupe
