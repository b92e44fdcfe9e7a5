#define BOOST_TEST_MODULE http
#include "tests/e2e/running_node.hpp"
#include "tests/gateway/raw_http.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <vector>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node that serves the digits.
struct digits_node {
  running_node node;
  http_client client{port_of(node.process().http_address())};

  digits_node() {
    auto done = node.troupe({"deploy", "digits", digits_folder("cnn")});
    BOOST_REQUIRE_MESSAGE(done.code == 0, done.err);
  }
};

std::string digits_request() {
  return text_of_file(digits_folder("request.json"));
}

std::string base64_of(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(requests_in_json_and_in_binary_get_the_same_answer_as_by_rpc, digits_node) {
  auto by_rpc = node.troupe({"-o", "json", "infer", "digits", digits_folder("request.json")});
  BOOST_REQUIRE_MESSAGE(by_rpc.code == 0, by_rpc.err);
  auto expected = nlohmann::json::parse(by_rpc.out)["outputs"][0]["data"].get<std::vector<float>>();
  BOOST_REQUIRE(!expected.empty());
  auto in_json = client.post("/v2/models/digits/infer", digits_request());
  BOOST_REQUIRE_MESSAGE(in_json.status == 200, in_json.body);
  BOOST_TEST((in_json.json()["outputs"][0]["data"].get<std::vector<float>>() == expected));

  auto request = nlohmann::json::parse(digits_request());
  auto& input = request["inputs"][0];
  auto values = input["data"].get<std::vector<float>>();
  std::string tensor(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  input.erase("data");
  input["parameters"]["binary_data_size"] = tensor.size();
  request["parameters"]["binary_data_output"] = true;
  auto head = request.dump();
  auto in_binary = client.post("/v2/models/digits/versions/1/infer", head + tensor,
                               "Inference-Header-Content-Length: " + std::to_string(head.size()) + "\r\n");
  BOOST_REQUIRE_MESSAGE(in_binary.status == 200, in_binary.body);
  auto answered = in_binary.body.substr(std::stoul(in_binary.headers["inference-header-content-length"]));
  BOOST_REQUIRE(answered.size() == expected.size() * sizeof(float));
  BOOST_TEST(std::memcmp(answered.data(), expected.data(), answered.size()) == 0);
}

BOOST_AUTO_TEST_CASE(texts_go_the_same_way_in_json_in_binary_and_by_rpc) {
  running_node node;
  node.deploy("sums", "text_sums", 2);
  http_client client(port_of(node.process().http_address()));
  const std::string request = R"({"inputs": [{"name": "a", "datatype": "BYTES", "shape": [1, 2], "data": ["1", "20"]},
                                             {"name": "b", "datatype": "BYTES", "shape": [1, 2], "data": ["5", "-7"]}]})";
  auto by_rpc = node.troupe({"infer", "sums", "-"}, request);
  BOOST_REQUIRE_MESSAGE(by_rpc.code == 0, by_rpc.err);
  BOOST_TEST(contains(by_rpc.out, R"("6", "13")"), by_rpc.out);
  auto by_http =
      node.troupe({"infer", "sums", "-", "--protocol", "http", "--http", node.process().http_address(), "-o", "json"}, request);
  BOOST_REQUIRE_MESSAGE(by_http.code == 0, by_http.err);
  BOOST_TEST(nlohmann::json::parse(by_http.out)["outputs"][1]["data"].dump() == R"(["-4","27"])");

  auto in_json = client.post("/v2/models/sums/infer", request);
  BOOST_REQUIRE_MESSAGE(in_json.status == 200, in_json.body);
  BOOST_TEST(in_json.json()["outputs"][0]["data"].dump() == R"(["6","13"])");
  auto outputs = R"("outputs": [{"name": "sum", "parameters": {"binary_data": true}}], )";
  auto in_binary = client.post("/v2/models/sums/infer", "{" + std::string(outputs) + request.substr(1));
  BOOST_REQUIRE_MESSAGE(in_binary.status == 200, in_binary.body);
  auto answered = in_binary.body.substr(std::stoul(in_binary.headers["inference-header-content-length"]));
  BOOST_TEST((answered
              == std::string("\1\0\0\0"
                             "6\2\0\0\0"
                             "13",
                             11)));
  auto no_numbers =
      client.post("/v2/models/sums/infer", R"({"inputs": [{"name": "a", "datatype": "BYTES", "shape": [1, 2], "data": ["x", "y"]},
                                                                {"name": "b", "datatype": "BYTES", "shape": [1, 2], "data": ["1", "2"]}]})");
  BOOST_TEST(no_numbers.status == 500);
  BOOST_TEST(contains(no_numbers.body, "the model failed: "), no_numbers.body);
}

BOOST_FIXTURE_TEST_CASE(the_node_tells_by_http_what_it_serves_and_how_it_went, digits_node) {
  BOOST_TEST(client.get("/v2/health/ready").status == 200);
  BOOST_TEST(client.get("/v2/models").body == R"({"models":["digits"]})");
  BOOST_TEST(client.post("/v2/repository/index", "").body == R"([{"name":"digits","version":"1","state":"READY"}])");
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(client.post("/v2/models/digits/infer", digits_request()).status == 200);
  auto stats = client.get("/v2/models/digits/stats").json()["model_stats"][0];
  BOOST_TEST(stats["inference_stats"]["success"]["count"] == 5);
  BOOST_TEST(stats["inference_stats"]["success"]["ns"].get<std::uint64_t>() > 0U);
  BOOST_TEST(stats["last_inference"].get<std::uint64_t>() > 0U);
}

BOOST_AUTO_TEST_CASE(a_model_is_loaded_replaced_and_unloaded_by_http) {
  running_node node;
  http_client client(port_of(node.process().http_address()));
  nlohmann::json config{{"max_batch_size", 32},
                        {"input", {{{"name", "image"}, {"data_type", "TYPE_FP32"}, {"dims", {64}}}}},
                        {"output", {{{"name", "scores"}, {"data_type", "TYPE_FP32"}, {"dims", {10}}}}}};
  auto load = [&](const nlohmann::json& parameters) {
    return client.post("/v2/repository/models/digits/load", nlohmann::json{{"parameters", parameters}}.dump());
  };
  auto infer = [&] { return client.post("/v2/models/digits/infer", digits_request()); };
  auto first = load({{"config", config.dump()}, {"file:1/model.pt", base64_of(text_of_file(digits_folder("cnn/model.pt")))}});
  BOOST_REQUIRE_MESSAGE(first.status == 200, first.body);
  BOOST_TEST(infer().json()["model_version"] == "1");
  BOOST_TEST(load(nlohmann::json::object()).status == 200); // what serves, serves
  BOOST_TEST(infer().json()["model_version"] == "1");
  auto bad = load({{"config", config.dump()}, {"file:1/model.pt", base64_of("no model")}});
  BOOST_TEST(bad.status == 400);
  BOOST_TEST(contains(bad.error(), "failed to load 'digits', "), bad.error());
  BOOST_TEST(infer().json()["model_version"] == "1");
  config["max_batch_size"] = 8;
  auto again = load({{"config", config.dump()}});
  BOOST_REQUIRE_MESSAGE(again.status == 200, again.body);
  BOOST_TEST(infer().json()["model_version"] == "3");
  BOOST_TEST(client.get("/v2/models/digits/config").json()["max_batch_size"] == 8);
  BOOST_TEST(client.post("/v2/repository/models/digits/unload", "").status == 200);
  BOOST_TEST(infer().status == 404);
}

BOOST_AUTO_TEST_CASE(a_busy_port_is_refused_with_what_to_do_and_nothing_switches_http_off) {
  running_node node;
  temporary_folder folder;
  auto start = [&folder](const std::string& http) {
    return run_program({troupe_program(), "node", "--data", (folder.path() / "data").string(), "--listen", "127.0.0.1:0",
                        "--http", http, "--address-file", "/nonexistent/address"});
  };
  auto refused = start(node.process().http_address());
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(
      contains(refused.err, "the port is in use; stop what listens there or choose another with --http (\"\" for no HTTP)"),
      refused.err);
  auto without = start("");
  BOOST_TEST(contains(without.err, "cannot write the address"), without.err); // so it came further
}
