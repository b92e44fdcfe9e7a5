#define BOOST_TEST_MODULE http_server
#include "runtime/gateway/content_coding.hpp"
#include "runtime/gateway/error_map.hpp"
#include "tests/gateway/http_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(http_suite, http_fixture)

// -- what a node and its models tell ----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_node_says_that_it_lives_is_ready_and_what_it_is) {
  http_client client(port());
  BOOST_TEST(client.get("/v2/health/live").body == R"({"live":true})");
  BOOST_TEST(client.get("/v2/health/ready").body == R"({"ready":true})");
  auto server = client.get("/v2").json();
  BOOST_TEST(server["name"] == "troupe");
  BOOST_TEST(server["version"] == "1.0");
  BOOST_TEST(server["extensions"].size() > 0U);
  BOOST_TEST(client.get("/v2/models").body == R"({"models":["echo"]})");
}

BOOST_AUTO_TEST_CASE(a_model_tells_what_it_takes_how_it_is_configured_and_that_it_is_ready) {
  http_client client(port());
  for (auto path : {"/v2/models/echo", "/v2/models/echo/versions/3", "/v2/models/ech%6f?x=y"}) {
    auto answer = client.get(path);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.headers["content-type"] == "application/json");
    BOOST_TEST(answer.body
               == R"({"name":"echo","versions":["3"],"platform":"pytorch_libtorch",)"
                  R"("inputs":[{"name":"x","datatype":"FP32","shape":[-1,-1]}],)"
                  R"("outputs":[{"name":"y","datatype":"FP32","shape":[-1,-1]}]})");
  }
  BOOST_TEST(client.get("/v2/models/echo/ready").body == R"({"name":"echo","ready":true})");
  auto config = client.get("/v2/models/echo/config").json();
  BOOST_TEST(config["max_batch_size"] == 4);
  BOOST_TEST(config["input"].dump() == R"([{"data_type":"TYPE_FP32","dims":[-1],"name":"x"}])");
  BOOST_TEST(config["instance_group"][0]["count"] == 1);
}

BOOST_AUTO_TEST_CASE(statistics_count_what_was_refused) {
  http_client client(port());
  BOOST_TEST(client.post(infer_path, infer_json(1)).status == 400);
  for (auto path : {"/v2/models/echo/stats", "/v2/models/echo/versions/3/stats", "/v2/models/stats"}) {
    auto stats = client.get(path).json()["model_stats"][0];
    BOOST_TEST(stats["name"] == "echo");
    BOOST_TEST(stats["version"] == "3");
    BOOST_TEST(stats["inference_stats"].contains("queue"));
  }
}

BOOST_AUTO_TEST_CASE(statistics_tell_answers_from_the_cache_apart) {
  auto spec = echo->spec();
  spec.cache_bytes = 1 << 20;
  echo = std::make_shared<pool>(version_id{"echo", 4}, spec, time, events);
  runner = std::make_shared<echo_runner>(echo);
  echo->attach(runner);
  route_echo_to(echo, 4);
  auto asked = std::make_unique<recorded_request>(*loops[0], std::vector<float>{1000, 2}, 1, std::make_shared<outcome>());
  echo->counted().add_look_up(*asked, true, asked->arrived, asked->arrived + 3us);
  echo->counted().add_look_up(*asked, false, asked->arrived, asked->arrived + 2us);
  http_client client(port());
  auto stats = client.get("/v2/models/echo/stats").json()["model_stats"][0];
  BOOST_TEST(stats["inference_stats"]["cache_hit"].dump() == R"({"count":1,"ns":3000})");
  BOOST_TEST(stats["inference_stats"]["cache_miss"].dump() == R"({"count":1,"ns":2000})");
  BOOST_TEST(stats["inference_stats"]["success"]["count"] == 1);
  BOOST_TEST(stats["inference_count"] == 0);
}

BOOST_AUTO_TEST_CASE(the_repository_lists_the_deployments_and_what_became_of_them) {
  http_client client(port());
  BOOST_TEST(client.post("/v2/repository/index", "").body == "[]");
  BOOST_TEST(client.post("/v2/repository/index", R"({"ready":true})").body == "[]");
  BOOST_TEST(client.post("/v2/repository/index", R"({"ready":1})").status == 400);
  BOOST_TEST(client.post("/v2/repository/index", "[").status == 400);
}

BOOST_AUTO_TEST_CASE(paths_that_lead_nowhere_and_wrong_verbs_say_so_in_json) {
  http_client client(port());
  BOOST_TEST(client.get("/v3").body == R"({"error":"Not Found"})");
  BOOST_TEST(client.get("/v3").status == 404);
  auto wrong = client.get(infer_path);
  BOOST_TEST(wrong.status == 405);
  BOOST_TEST(wrong.body == R"({"error":"Method Not Allowed"})");
  BOOST_TEST(client.post("/v2/repository/other/index", "").status == 501);
  BOOST_TEST(client.get("/v2/models/digits").status == 404);
  BOOST_TEST(client.get("/v2/models/echo/versions/2/ready").error()
             == "Request for unknown model: deployment 'echo' serves version 3, not 2");
}

BOOST_AUTO_TEST_CASE(a_model_that_there_is_not_is_told_of_in_the_words_that_clients_look_for) {
  http_client client(port());
  std::string words = "Request for unknown model: no deployment 'digits' serves requests here";
  for (auto path : {"/v2/models/digits", "/v2/models/digits/config", "/v2/models/digits/ready", "/v2/models/digits/stats"})
    BOOST_TEST(client.get(path).error().substr(0, words.size()) == words, path);
  auto refused = client.post("/v2/models/digits/infer", infer_json(1));
  BOOST_TEST(refused.status == 404);
  BOOST_TEST(refused.error().substr(0, words.size()) == words);
}

BOOST_AUTO_TEST_CASE(what_triton_has_and_a_node_has_not_is_refused_with_a_word) {
  http_client client(port());
  auto shared_memory = client.get("/v2/systemsharedmemory/status");
  BOOST_TEST(shared_memory.status == 501);
  BOOST_TEST(shared_memory.error() == "shared memory is not supported; send the tensors in the request");
  BOOST_TEST(client.get("/v2/trace/setting").status == 501);
  BOOST_TEST(client.post("/v2/logging", "{}").error() == "log settings are not supported; use `troupe log-level`");
  BOOST_TEST(client.post("/v2/models/echo/generate", "{}").error() == "generate is not supported; use infer");
}

// -- requests ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_request_in_json_is_answered_in_json) {
  http_client client(port());
  auto answer = client.post(infer_path, infer_json(1000));
  BOOST_TEST(answer.status == 200);
  auto told = answer.json();
  BOOST_TEST(told["model_name"] == "echo");
  BOOST_TEST(told["model_version"] == "3");
  BOOST_TEST(told["id"] == "r1");
  BOOST_TEST(told["outputs"][0]["name"] == "y");
  BOOST_TEST(told["outputs"][0]["data"].dump() == "[1000,2]");
}

BOOST_AUTO_TEST_CASE(a_binary_request_is_answered_in_binary_however_its_header_is_spelled) {
  http_client client(port());
  std::string json = R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],)"
                     R"("parameters":{"binary_data_size":8}}]})";
  auto tensor = bytes_of({1000, 2});
  for (auto name : {"Inference-Header-Content-Length", "inference-header-content-length"}) {
    auto answer = client.post(infer_path, json + tensor, std::string(name) + ": " + std::to_string(json.size()) + "\r\n");
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    BOOST_TEST(answer.headers["content-type"] == "application/octet-stream");
    auto length = std::stoul(answer.headers["inference-header-content-length"]);
    BOOST_TEST(answer.body.substr(length) == tensor);
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_comes_in_chunks_is_put_together) {
  http_client client(port());
  std::string numbers;
  for (int i = 0; i < 20000; ++i)
    numbers += i == 0 ? "1000" : ",7";
  auto body = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,20000],"data":[)" + numbers + "]}]}";
  client.send("POST " + std::string(infer_path) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (std::size_t at = 0; at < body.size(); at += 1000) {
    auto part = body.substr(at, 1000);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    client.send(size + part + "\r\n");
  }
  client.send("0\r\n\r\n");
  auto answer = client.read();
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.json()["outputs"][0]["data"].size() == 20000U);
}

BOOST_AUTO_TEST_CASE(packed_bodies_are_unpacked_and_answers_packed_for_who_takes_them) {
  http_client client(port());
  std::string zeros;
  for (int i = 0; i < 1000; ++i)
    zeros += ",0";
  auto body = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,1001],"data":[1000)" + zeros + "]}]}";
  for (auto coding : {content_coding::gzip, content_coding::deflate}) {
    auto name = std::string(to_string(coding));
    auto answer =
        client.post(infer_path, pack(body, coding), "Content-Encoding: " + name + "\r\nAccept-Encoding: " + name + "\r\n");
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    BOOST_TEST(answer.headers["content-encoding"] == name);
    auto unpacked = unpack(answer.body, coding, 1 << 20);
    BOOST_REQUIRE(unpacked.ok());
    BOOST_TEST(nlohmann::json::parse(*unpacked)["outputs"][0]["data"].size() == 1001U);
  }
  BOOST_TEST(client.post(infer_path, "x", "Content-Encoding: br\r\n").status == 400);
  BOOST_TEST(client.post(infer_path, "x", "Content-Encoding: gzip\r\n").status == 400);
  auto bomb = pack(std::string(8 << 20, ' '), content_coding::gzip);
  BOOST_TEST(client.post(infer_path, bomb, "Content-Encoding: gzip\r\n").status == 400);
  BOOST_TEST(infer_status(client, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(every_error_code_has_its_status_and_tells_nothing_of_the_inside) {
  http_client client(port());
  for (std::size_t i = 1; i < error_code_count; ++i) {
    auto code = static_cast<error_code>(i);
    auto answer = client.post(infer_path, infer_json(static_cast<float>(i)));
    BOOST_TEST(static_cast<unsigned>(answer.status) == to_http_status(code), to_string(code));
    BOOST_TEST(answer.error() == told_to_clients({code, "as told"}));
    BOOST_TEST(answer.json().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(what_the_request_gets_wrong_is_told) {
  http_client client(port());
  for (auto body :
       {"", "{", "[]", "{}", R"({"inputs":[]})", R"({"inputs":[{"name":"z","datatype":"FP32","shape":[1,1],"data":[1]}]})",
        R"({"inputs":[{"name":"x","datatype":"FP64","shape":[1,1],"data":[1]}]})",
        R"({"inputs":[{"name":"x","datatype":"FP32","shape":[5,1],"data":[1,2,3,4,5]}]})",
        R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1]}]})"}) {
    auto answer = client.post(infer_path, body);
    BOOST_TEST(answer.status == 400, body);
    BOOST_TEST(answer.error() != "", body);
  }
  for (auto length : {"x", "-1", "9999", ""})
    BOOST_TEST(client.post(infer_path, "{}", "Inference-Header-Content-Length: " + std::string(length) + "\r\n").status == 400);
  BOOST_TEST(client.post("/v2/models/digits/infer", infer_json(1000)).status == 404);
  BOOST_TEST(client.post("/v2/models/echo/versions/2/infer", infer_json(1000)).status == 404);
}

BOOST_AUTO_TEST_CASE(a_deployment_that_cannot_answer_just_now_says_why) {
  http_client client(port());
  route_echo_to(nullptr, 3, {error_code::unavailable, "deployment 'echo' is being started; retry in a moment"});
  for (const auto& answer : {client.post(infer_path, infer_json(1000)), client.get("/v2/models/echo/ready")}) {
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(answer.error() == "deployment 'echo' is being started; retry in a moment");
  }
  BOOST_TEST(client.get("/v2/models").body == R"({"models":[]})");
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_is_not_ready_refuses_requests_and_closes_connections_but_lives) {
  http_client before(port());
  BOOST_TEST(infer_status(before, 1000) == 200);
  drain.close();
  auto refused = before.post(infer_path, infer_json(1000));
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.error() == "the node is shutting down; send it to another, or again in a moment");
  BOOST_TEST(refused.headers["connection"] == "close");
  BOOST_TEST(closes(before.socket()));
  BOOST_TEST(http_client(port()).get("/v2/health/ready").status == 503);
  BOOST_TEST(http_client(port()).get("/v2/health/live").status == 200);
}

// -- the model repository ---------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_cannot_be_loaded_says_so_and_is_in_the_index_and_can_be_unloaded) {
  http_client client(port());
  nlohmann::json config{{"max_batch_size", 4},
                        {"input", {{{"name", "x"}, {"data_type", "TYPE_FP32"}, {"dims", {2}}}}},
                        {"output", {{{"name", "y"}, {"data_type", "TYPE_FP32"}, {"dims", {2}}}}}};
  nlohmann::json body{{"parameters", {{"config", config.dump()}, {"file:1/model.pt", "YWJj"}}}};
  auto failed = client.post("/v2/repository/models/digits/load", body.dump());
  BOOST_TEST(failed.status == 400);
  BOOST_TEST(failed.error() == "failed to load 'digits', version 1 failed: not a TorchScript file");
  auto index = client.post("/v2/repository/index", "").json();
  BOOST_TEST(index.dump() == R"([{"name":"digits","reason":"not a TorchScript file","state":"UNAVAILABLE","version":"1"}])");
  BOOST_TEST(client.post("/v2/repository/index", R"({"ready":true})").body == "[]");
  BOOST_TEST(client.post("/v2/repository/models/digits/load", "").error()
             == "failed to load 'digits', version 1 failed: not a TorchScript file");
  BOOST_TEST(client.post("/v2/repository/models/digits/unload", "").status == 200);
  BOOST_TEST(client.post("/v2/repository/index", "").body == "[]");
}

BOOST_AUTO_TEST_CASE(a_load_that_asks_for_nothing_there_is_or_wrongly_is_refused) {
  http_client client(port());
  auto unknown = client.post("/v2/repository/models/digits/load", "");
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.error().find("failed to load 'digits', ") == 0U, unknown.error());
  BOOST_TEST(client.post("/v2/repository/models/digits/load", R"({"parameters":{"x":1}})").status == 400);
  auto unload = client.post("/v2/repository/models/digits/unload", "");
  BOOST_TEST(unload.status == 404);
  BOOST_TEST(unload.error().find("failed to unload 'digits', ") == 0U, unload.error());
  drain.close();
  BOOST_TEST(client.post("/v2/repository/models/digits/load", "").status == 503);
}

BOOST_AUTO_TEST_CASE(metrics_are_a_page_for_prometheus) {
  http_client client(port());
  BOOST_TEST(infer_status(client, 1000) == 200);
  auto page = client.get("/metrics");
  BOOST_TEST(page.status == 200);
  BOOST_TEST(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8");
  for (auto line : {"troupe_replicas_ready{model=\"echo\",version=\"3\"} 1\n", "troupe_connections{door=\"http\"} 1\n",
                    "troupe_connections{door=\"rpc\"} 0\n", "troupe_node_ready 1\n",
                    "troupe_build_info{version=\"1.0\",node=\"node-1\"} 1\n", "troupe_loop_lag_seconds_count{loop=\"1\"} "})
    BOOST_TEST(page.body.find(line) != std::string::npos, line << page.body);
}

BOOST_AUTO_TEST_CASE(metrics_are_read_while_the_node_drains) {
  drain.close();
  http_client client(port());
  auto page = client.get("/metrics");
  BOOST_TEST(page.status == 200);
  BOOST_TEST(page.body.find("troupe_node_ready 0\n") != std::string::npos, page.body);
}

BOOST_AUTO_TEST_CASE(who_asks_for_metrics_and_hangs_up_harms_nobody) {
  for (int i = 0; i < 20; ++i)
    http_client(port()).send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  http_client client(port());
  BOOST_TEST(client.get("/metrics").status == 200);
}

BOOST_AUTO_TEST_CASE(loops_are_asked_how_late_they_are) {
  http_client client(port());
  auto asked = [&client] {
    auto page = client.get("/metrics").body;
    return page.find("troupe_loop_lag_seconds_count{loop=\"0\"} 0\n") == std::string::npos
           && page.find("troupe_loop_lag_seconds_count{loop=\"1\"} 0\n") == std::string::npos;
  };
  BOOST_TEST(eventually(asked));
}

// -- connections ------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(requests_that_come_together_are_answered_in_their_order) {
  http_client client(port());
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += head_of(infer_json(1000.0F + static_cast<float>(i))) + infer_json(1000.0F + static_cast<float>(i));
  client.send(all);
  for (int i = 0; i < 50; ++i)
    BOOST_TEST(client.read().json()["outputs"][0]["data"][0] == 1000 + i);
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
  http_client client(port());
  auto body = infer_json(1000);
  for (auto byte : head_of(body) + body)
    client.send(std::string(1, byte));
  BOOST_TEST(client.read().status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_it_is_told_to_go_on) {
  http_client client(port());
  auto body = infer_json(1000);
  client.send(head_of(body, "Expect: 100-continue\r\n"));
  BOOST_TEST(client.read().status == 100);
  client.send(body);
  BOOST_TEST(client.read().status == 200);
  client.send("POST " + std::string(infer_path)
              + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(client.read().status == 413);
}

BOOST_AUTO_TEST_CASE(a_body_over_the_limit_is_refused_and_its_client_can_read_so_though_it_sends_on) {
  http_client client(port());
  auto refused = client.post(infer_path, std::string((1 << 20) + 1, ' '));
  BOOST_TEST(refused.status == 413);
  BOOST_TEST(refused.headers["connection"] == "close");
  http_client in_chunks(port());
  in_chunks.send("POST " + std::string(infer_path) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n180000\r\n"
                 + std::string(0x180000, ' ') + "\r\n0\r\n\r\n");
  BOOST_TEST(in_chunks.read().status == 413);
  for (auto each : {&client, &in_chunks})
    BOOST_TEST(closes(each->socket()));
}

BOOST_AUTO_TEST_CASE(a_client_that_hangs_up_in_the_middle_harms_nobody) {
  http_client calm(port());
  {
    http_client in_head(port());
    in_head.send("POST /v2/models/ec");
    http_client in_body(port());
    in_body.send(head_of(std::string(1000, ' ')) + "{");
    http_client in_flight(port());
    in_flight.send(head_of(infer_json(held)) + infer_json(held));
    BOOST_TEST(infer_status(calm, 1000) == 200);
  }
  BOOST_TEST(infer_status(calm, 1000) == 200);
  loops[0]->post([this] { runner->let_go(); });
  BOOST_TEST(infer_status(calm, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(a_head_request_has_no_body) {
  http_client client(port());
  client.send("HEAD /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string both;
  char bytes[4096];
  while (both.find("live\":true}") == std::string::npos) {
    auto got = ::recv(client.socket().get(), bytes, sizeof bytes, 0);
    BOOST_REQUIRE(got > 0);
    both.append(bytes, static_cast<std::size_t>(got));
  }
  BOOST_TEST(both.find("ready\":true") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_door_that_is_closed_takes_nobody_and_those_inside_stay) {
  http_client inside(port());
  BOOST_TEST(infer_status(inside, 1000) == 200);
  server.stop_accepting();
  BOOST_TEST(eventually([this] {
    unique_fd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto to = loopback(port());
    return ::connect(late.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0;
  }));
  BOOST_TEST(infer_status(inside, 1000) == 200);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(clients_that_are_silent_or_slow_are_closed_and_bodies_that_do_not_come_refused) {
  auto limits = small_limits();
  limits.login_timeout = 1s;
  limits.idle_timeout = 1s;
  http_fixture node(limits);
  http_client silent(node.port());
  http_client half(node.port());
  half.send("GET /v2 HTT");
  http_client idle(node.port());
  BOOST_TEST(idle.get("/v2").status == 200);
  http_client slow(node.port());
  slow.send(head_of(std::string(1000, ' ')) + "{");
  BOOST_TEST(slow.read().status == 408);
  for (auto client : {&silent, &half, &idle})
    BOOST_TEST(closes(client->socket()));
}

BOOST_AUTO_TEST_CASE(both_doors_share_one_limit_of_clients) {
  auto limits = small_limits();
  limits.connections_max = 1;
  http_fixture node(limits);
  rpc_server other(node.loop_pointers(), listen_on("127.0.0.1:0").value(), node.view(), node.options, node.clients);
  auto first = std::make_unique<http_client>(node.port());
  BOOST_TEST(first->get("/v2").status == 200);
  BOOST_TEST(closes(connect_raw(port_of(other.address()))));
  BOOST_TEST(http_client(node.port()).get("/v2").status == 0);
  first.reset();
  BOOST_TEST(eventually([&node] { return http_client(node.port()).get("/v2").status == 200; }));
  node.stop();
}
