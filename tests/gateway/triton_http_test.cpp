#define BOOST_TEST_MODULE triton_http
#include "tests/gateway/http_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

// What Triton's own tests of its HTTP door check (qa/L0_http), as far as we have it.

using namespace troupe;

namespace {

/// The node of the fixture, whose deployment "echo" has one dimension that varies, and another deployment's model beside it.
struct triton_fixture : http_fixture {
  std::shared_ptr<pool> other;
  std::shared_ptr<echo_runner> other_runner;

  /// From now on "echo" takes these inputs, and gives them back.
  void serve(std::vector<tensor_spec> inputs, std::uint32_t max_batch = 4) {
    model_spec spec;
    spec.inputs = std::move(inputs);
    spec.outputs = {{"y", spec.inputs[0].type, spec.inputs[0].dims}};
    spec.max_batch = max_batch;
    spec.queue_rows_max = 1;
    other = std::make_shared<pool>(version_id{"echo", 3}, spec, time, events);
    other_runner = std::make_shared<echo_runner>(other);
    other->attach(other_runner);
    route_echo_to(other, 3);
  }
  ~triton_fixture() {
    if (other)
      other->close(true);
  }

  http_answer post_raw(const std::string& body, const std::string& headers = "") {
    http_client client(port());
    return client.post(infer_path, body, "Inference-Header-Content-Length: 0\r\n" + headers);
  }
  http_answer post(const std::string& json) {
    http_client client(port());
    return client.post(infer_path, json);
  }
  bool lives() {
    http_client client(port());
    return client.get("/v2/health/live").status == 200 && client.get("/v2/health/ready").status == 200;
  }
};

std::string nested(int depth, const std::string& value) {
  return std::string(static_cast<std::size_t>(depth), '[') + value + std::string(static_cast<std::size_t>(depth), ']');
}

std::string tensors_of(const http_answer& answer) {
  return answer.body.substr(std::stoul(answer.headers.at("inference-header-content-length")));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(suite, triton_fixture)

BOOST_AUTO_TEST_CASE(a_raw_body_is_the_one_input_and_its_length_tells_the_dimension_that_varies) {
  serve({{"x", datatype::fp32, {-1, -1}}});
  for (std::size_t count : {8U, 32U}) {
    auto body = bytes_of(std::vector<float>(count, 1000));
    auto answer = post_raw(body);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    BOOST_TEST(tensors_of(answer) == body);
  }
}

BOOST_AUTO_TEST_CASE(a_raw_body_may_come_in_chunks) {
  serve({{"x", datatype::fp32, {-1, -1}}});
  auto body = bytes_of(std::vector<float>(8, 1000));
  http_client client(port());
  client.send("POST " + std::string(infer_path)
              + " HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + body
              + "\r\n0\r\n\r\n");
  auto answer = client.read();
  BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
  BOOST_TEST(tensors_of(answer) == body);
}

BOOST_AUTO_TEST_CASE(a_raw_body_of_very_many_chunks_is_put_together) {
  http_client client(port());
  client.send("POST " + std::string(infer_path)
              + " HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 100'001; ++i)
    chunks += "1\r\nA\r\n";
  client.send(chunks + "0\r\n\r\n");
  BOOST_TEST(client.read().status == 400); // its size is no tensor's
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(a_raw_body_whose_shape_or_input_cannot_be_told_is_refused) {
  serve({{"x", datatype::fp32, {-1, -1, -1}}});
  BOOST_TEST(post_raw(bytes_of({1, 2, 3, 4})).status == 400);
  serve({{"x", datatype::fp32, {-1, -1}}, {"z", datatype::fp32, {-1, -1}}});
  BOOST_TEST(post_raw(bytes_of({1, 2, 3, 4})).status == 400);
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(a_full_queue_is_answered_503) {
  serve({{"x", datatype::fp32, {-1, -1}}});
  other->detach(other_runner.get());
  http_client waits(port());
  waits.send(head_of(infer_json(1000)) + infer_json(1000));
  BOOST_TEST(eventually([this] { return other->count().queued_rows == 1; }));
  auto refused = post(infer_json(1000));
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.error().find("queue_rows in model.toml") != std::string::npos, refused.error());
}

BOOST_AUTO_TEST_CASE(shapes_that_overflow_or_are_negative_are_refused) {
  serve({{"x", datatype::fp32, {-1, -1}}}, 0);
  for (auto shape : {"[16,1152921504606846978]", "[4,1152921504606846978]", "[2,-5]", "[9223372036854775807,2]",
                     "[18446744073709551617,1]", "[1.5,1]", "[\"1\",1]", "[1,1,1]", "1", "[]"}) {
    auto answer = post(R"({"inputs":[{"name":"x","datatype":"FP32","shape":)" + std::string(shape) + R"(,"data":[1.0]}]})");
    BOOST_TEST(answer.status == 400, shape << ": " << answer.body);
    BOOST_TEST(answer.error() != "");
  }
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(json_may_be_nested_as_deep_as_tensors_are_and_not_deeper) {
  auto request = [](int depth) {
    return R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":)" + nested(depth, "1000") + "}]}";
  };
  BOOST_TEST(post(request(2)).status == 200);
  for (auto depth : {120, 100'000}) {
    auto answer = post(request(depth));
    BOOST_TEST(answer.status == 400);
    BOOST_TEST(answer.error() != "");
  }
  http_client client(port());
  auto index = client.post("/v2/repository/index", R"({"ready":)" + nested(250'000, "true") + "}");
  BOOST_TEST(index.status == 400);
  BOOST_TEST(index.error() != "");
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(an_output_asked_for_twice_is_refused) {
  auto answer =
      post(R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1000]}],"outputs":[{"name":"y"},{"name":"y"}]})");
  BOOST_TEST(answer.status == 400);
  BOOST_TEST(answer.error().find("'y'") != std::string::npos, answer.error());
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(a_header_length_beyond_any_body_is_refused) {
  http_client client(port());
  for (auto length : {"99999999999", "99999999999999999999999", "-1", "1 1", "0x10"})
    BOOST_TEST(
        client.post(infer_path, "{\"inputs\":[]}", "Inference-Header-Content-Length: " + std::string(length) + "\r\n").status
        == 400);
  BOOST_TEST(client.post(infer_path, "{}", "Inference-Header-Content-Length: 0\r\nInference-Header-Content-Length: 2\r\n").status
             == 400);
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(a_binary_tensor_whose_size_does_not_fit_is_refused) {
  auto with_size = [this](const std::string& size, const std::string& bytes) {
    auto json = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":)" + size + "}}]}";
    http_client client(port());
    return client.post(infer_path, json + bytes, "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n")
        .status;
  };
  auto two = bytes_of({1000, 2});
  BOOST_TEST(with_size("8", two) == 200);
  for (auto size : {"4", "9", "16", "-8", "9223372036854775807", "18446744073709551616", "\"8\"", "true"})
    BOOST_TEST(with_size(size, two) == 400, size);
  BOOST_TEST(with_size("8", two + "more") == 400);
  BOOST_TEST(with_size("8", "") == 400);
}

BOOST_AUTO_TEST_CASE(inputs_that_lack_something_or_have_too_much_are_refused) {
  for (auto input :
       {R"({"datatype":"FP32","shape":[1,1],"data":[1]})", R"({"name":"x","shape":[1,1],"data":[1]})",
        R"({"name":"x","datatype":"FP32","data":[1]})", R"({"name":"x","datatype":"FP32","shape":[1,1]})",
        R"({"name":"x","datatype":"INT32","shape":[1,1],"data":[1]})",
        R"({"name":"x","datatype":"NONE","shape":[1,1],"data":[1]})", R"({"name":"x","datatype":"FP32","shape":[1,1],"data":[]})",
        R"({"name":"x","datatype":"FP32","shape":[1,1],"data":[1,2]})",
        R"({"name":"x","datatype":"FP32","shape":[1,1],"data":["1"]})",
        R"({"name":"x","datatype":"FP32","shape":[1,1],"data":[null]})",
        R"({"name":"x","datatype":"FP32","shape":[1,1],"data":{"0":1}})",
        R"({"name":7,"datatype":"FP32","shape":[1,1],"data":[1]})",
        R"({"name":"INPUT","datatype":"FP32","shape":[1,1],"data":[1]})", R"("x")"}) {
    auto answer = post(R"({"inputs":[)" + std::string(input) + "]}");
    BOOST_TEST(answer.status == 400, input << answer.body);
    BOOST_TEST(answer.error() != "", input);
  }
  auto twice = R"({"name":"x","datatype":"FP32","shape":[1,1],"data":[1]})";
  BOOST_TEST(post(R"({"inputs":[)" + std::string(twice) + "," + twice + "]}").status == 400);
}

BOOST_AUTO_TEST_CASE(a_load_whose_parameters_are_no_good_is_refused_and_the_node_stays_ready) {
  http_client client(port());
  auto load = [&client](const nlohmann::json& parameters) {
    return client.post("/v2/repository/models/echo/load", nlohmann::json{{"parameters", parameters}}.dump());
  };
  for (const auto& parameters : std::vector<nlohmann::json>{{{"file:" + std::string(256, 'A'), "YQ=="}, {"config", "{}"}},
                                                            {{"file:1/model.pt", "YQ=="}},
                                                            {{"file:../../../etc/passwd", "YQ=="}, {"config", "{}"}},
                                                            {{"file:1/model.pt", "no base64!"}, {"config", "{}"}},
                                                            {{"config", "{"}},
                                                            {{"config", 7}},
                                                            {{"unknown", "x"}}}) {
    auto answer = load(parameters);
    BOOST_TEST(answer.status >= 400, parameters.dump());
    BOOST_TEST(answer.error().find("failed to load 'echo', ") == 0U, answer.error());
  }
  auto large = load({{"config", "{}"}, {"file:1/model.pt", std::string(2 << 20, 'A')}});
  BOOST_TEST(large.status == 413);
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_CASE(garbage_in_every_place_of_a_url_is_answered_with_json) {
  for (auto url : {"/v2/", "/v2/health/", "/v2/health/x", "/v2/models/x", "/v2/models/x/versions", "/v2/models/x/versions/x",
                   "/v2/models/x/ready", "/v2/models/x/stats", "/v2/models/x/config", "/v2/models/x/trace/setting",
                   "/v2/trace/setting", "/v2/logging", "/v2/systemsharedmemory/status", "/v2/cudasharedmemory/region/x/status",
                   "/v2/repository/x/y", "/v2/models/x/generate"})
    for (auto verb : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      http_client client(port());
      client.send(std::string(verb) + " " + url + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\xff\xfe");
      auto answer = client.read();
      BOOST_TEST((answer.status == 200 || (answer.status >= 400 && answer.error() != "")),
                 verb << " " << url << " " << answer.status);
    }
  BOOST_TEST(lives());
}

BOOST_AUTO_TEST_SUITE_END()
