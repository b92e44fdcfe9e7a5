#define BOOST_TEST_MODULE http_abuse
#include "runtime/gateway/content_coding.hpp"
#include "tests/gateway/http_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <future>
#include <poll.h>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::string request(const std::string& line, const std::string& fields = "", const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}

std::string infer_request(const std::string& fields, const std::string& body) {
  return request("POST " + std::string(infer_path), fields, body);
}

std::string good_request(float value) {
  return head_of(infer_json(value)) + infer_json(value);
}

/// A request of so many floats.
std::string raw_request(std::size_t count, bool answer_in_binary) {
  std::vector<float> values(count, 1000.125F);
  auto json = R"({"parameters":{"binary_data_output":)" + std::string(answer_in_binary ? "true" : "false")
              + R"(},"inputs":[{"name":"x","datatype":"FP32","shape":[1,)" + std::to_string(count)
              + R"(],"parameters":{"binary_data_size":)" + std::to_string(count * sizeof(float)) + "}}]}";
  auto body = json + bytes_of(values);
  return head_of(body, "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n") + body;
}

/// For clients that take too long; not for what a busy machine takes.
gateway_options impatient() {
  auto limits = small_limits();
  limits.login_timeout = 1s;
  limits.idle_timeout = 1s;
  return limits;
}

/// Whether the connection is ended within 30 s, though nobody reads what it has.
bool ends(const unique_fd& socket) {
  pollfd broken{socket.get(), POLLRDHUP, 0}; // an orderly end waits behind what isn't read
  return ::poll(&broken, 1, 30'000) == 1;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(requests, http_fixture)

BOOST_AUTO_TEST_CASE(what_is_no_http_or_ambiguous_is_told_so_in_json_and_hung_up_on_and_harms_nobody) {
  using namespace std::string_literals;
  http_client calm(port());
  const std::vector<std::pair<std::string, int>> bad = {
      {infer_request("Content-Length: -1\r\n", "{}"), 400},
      {infer_request("Content-Length: 9223372036854775808\r\n", "{}"), 413},
      {infer_request("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), 400},
      {infer_request("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 400},
      {infer_request("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"), 400},
      {infer_request("Transfer-Encoding: chunked\r\n", "10000000000000002\r\n{}\r\n0\r\n\r\n"), 400},
      {infer_request("Transfer-Encoding: chunked\r\n", "FFFFFFF\r\n" + std::string(2 << 20, ' ')), 413},
      {infer_request("Transfer-Encoding: gzip\r\n", "{}"), 501},
      {request("GET /v2", "X: " + std::string(1 << 20, 'x') + "\r\n"), 431},
      {request("GET /v2\0/health/live"s), 400},
      {request("GET /v2", "X: a\0b\r\n"s), 400},
      {"GET /v2/health/live HTTP/2.0\r\n\r\n", 505},
      {"hello\r\n\r\n", 400},
      {"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"s + std::string(150, 'r'), 400}, // a TLS client's hello
      {"\0\0\0\0\x04\0\0\0"s + std::string(32, '\0'), 400},                           // a Cap'n Proto message
  };
  for (const auto& [text, status] : bad) {
    http_client client(port());
    client.send(text);
    auto answer = client.read();
    BOOST_TEST(answer.status == status, text.substr(0, 60) << ": " << answer.status);
    BOOST_TEST(answer.error() != "", text.substr(0, 60));
    BOOST_TEST(answer.headers["connection"] == "close");
    BOOST_TEST(closes(client.socket()));
    BOOST_TEST(infer_status(calm, 1000) == 200);
  }
}

BOOST_AUTO_TEST_CASE(of_requests_that_come_together_those_before_garbage_are_answered_in_their_order) {
  http_client client(port());
  client.send(good_request(1001) + good_request(1002) + "rubbish\r\n\r\n" + good_request(1003));
  BOOST_TEST(client.read().json()["outputs"][0]["data"][0] == 1001);
  BOOST_TEST(client.read().json()["outputs"][0]["data"][0] == 1002);
  BOOST_TEST(client.read().status == 400);
  BOOST_TEST(closes(client.socket()));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_longer_than_said_is_the_next_request_and_no_good_one) {
  http_client client(port());
  client.send(good_request(1001) + "}}}}\r\n\r\n");
  BOOST_TEST(client.read().status == 200);
  BOOST_TEST(client.read().status == 400);
  BOOST_TEST(closes(client.socket()));
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_before_its_end_is_refused) {
  for (const auto& text : {infer_request("Content-Length: 1000\r\n", "{"), infer_request("Content-Length: 600000\r\n", "{"),
                           infer_request("Transfer-Encoding: chunked\r\n", "5\r\n{"),
                           infer_request("Transfer-Encoding: chunked\r\n", "1\r\n{\r\n")}) {
    http_client client(port());
    client.send(text);
    client.finish_sending();
    auto answer = client.read();
    BOOST_TEST(answer.status == 400);
    BOOST_TEST(answer.error().find("the body ends before its end") == 0U, answer.error());
    BOOST_TEST(closes(client.socket()));
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_nothing_more_still_gets_all_its_answers) {
  http_client client(port());
  for (int i = 0; i < 10; ++i)
    client.send(good_request(1000.0F + static_cast<float>(i)));
  client.finish_sending();
  for (int i = 0; i < 10; ++i) {
    auto answer = client.read();
    if (answer.status == 100)
      answer = client.read();
    BOOST_TEST(answer.json()["outputs"][0]["data"][0] == 1000 + i);
  }
  BOOST_TEST(closes(client.socket()));
}

BOOST_AUTO_TEST_CASE(clients_of_http_1_0_and_those_that_say_so_are_closed_after_the_answer) {
  http_client old(port());
  old.send("GET /v2/health/live HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.read().status == 200);
  BOOST_TEST(closes(old.socket()));
  http_client once(port());
  once.send(request("GET /v2/health/live", "Connection: close\r\n") + good_request(1000));
  auto answer = once.read();
  BOOST_TEST(answer.headers["connection"] == "close");
  BOOST_TEST(closes(once.socket()));
  http_client kept(port());
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /v2/health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(kept.read().headers["connection"] == "keep-alive");
  }
}

BOOST_AUTO_TEST_CASE(odd_but_valid_requests_are_served) {
  http_client client(port());
  const std::string in_chunks = "1;x=\"y\"\r\n{\r\n"
                                "1\r\n}\r\n"
                                "0\r\nX: y\r\n\r\n";
  for (const auto& [text, status] : std::vector<std::pair<std::string, int>>{
           {request("GET http://elsewhere:80/v2/health/live?x=y#z"), 200},
           {"\r\n" + request("GET /v2/health/live", "x-empty:\r\nX-Padded: \t y \t\r\n"), 200},
           {request("GET /v2/health/live", "Content-Length: 5\r\n", "12345"), 200},
           {request("GET /v2/health/live", "Transfer-Encoding: chunked\r\n", in_chunks), 200},
           {request("GET /v2/models/%65cho"), 200},
           {request("GET /v2", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
            200},
           {request("GET /v2", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), 200},
           {request("OPTIONS /v2"), 405},
           {request("OPTIONS *"), 404},
           {request("DELETE /v2/models/echo", "Content-Length: 3\r\n", "abc"), 405},
           {request("CONNECT example.org:443"), 404},
           {infer_request("Transfer-Encoding: Chunked\r\n", in_chunks), 400}, // {} has no inputs
           {infer_request("", ""), 400}}) {
    client.send(text);
    auto answer = client.read();
    BOOST_TEST(answer.status == status, text << answer.body);
    BOOST_TEST((status == 200 || answer.error() != ""), text);
  }
  BOOST_TEST(infer_status(client, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(paths_that_try_to_lead_elsewhere_lead_nowhere) {
  http_client client(port());
  for (const auto& path : {std::string("/v2/models/%00"), std::string("/v2/models/echo%00"), std::string("/v2/models/%zz"),
                           std::string("/v2/models/%"), std::string("/v2/models/%e"), std::string("/v2/models/../../etc/passwd"),
                           std::string("/v2/models/..%2f..%2fetc%2fpasswd"), std::string("/../v2"), std::string("//v2"),
                           std::string("/v2//health/live"), std::string("/v2/models/echo/versions/-1"),
                           std::string("/v2/models/echo/versions/99999999999999999999"),
                           std::string("/") + std::string(60'000, 'a'), "/v2/models/" + std::string(60'000, 'a')}) {
    auto answer = client.get(path);
    BOOST_TEST(answer.status == 404, path.substr(0, 60));
    BOOST_TEST(answer.error() != "");
    BOOST_TEST(answer.body.size() < 1000U);
    BOOST_TEST(client.post(path + "/infer", infer_json(1000)).status == 404, path.substr(0, 60));
  }
  BOOST_TEST(infer_status(client, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_whether_to_send_a_body_is_told_no_with_the_reason) {
  for (const auto& line : {"POST /v2/models/digits/infer", "POST /v2/nowhere", "DELETE /v2"}) {
    http_client client(port());
    client.send(request(line, "Content-Length: 1000\r\nExpect: 100-continue\r\n"));
    BOOST_TEST(client.read().status >= 404, line);
    BOOST_TEST(closes(client.socket()));
  }
}

BOOST_AUTO_TEST_CASE(the_body_of_a_request_that_fails_anyway_is_skipped) {
  http_client client(port());
  BOOST_TEST(client.post("/v2/models/digits/infer", std::string(500'000, ' ')).status == 404);
  BOOST_TEST(client.post("/v2/nowhere", std::string(500'000, ' ')).status == 404);
  BOOST_TEST(client.post(infer_path, infer_json(1000), "Content-Encoding: br\r\n").status == 400);
  client.send(request("POST /v2/nowhere", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"));
  BOOST_TEST(client.read().status == 404);
  BOOST_TEST(infer_status(client, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(a_small_body_that_unpacks_to_a_huge_one_is_refused_at_the_limit) {
  http_client client(port());
  for (auto coding : {content_coding::gzip, content_coding::deflate}) {
    auto bomb = pack(std::string(64 << 20, ' '), coding);
    BOOST_TEST(bomb.size() < 1U << 20);
    auto refused = client.post(infer_path, bomb, "Content-Encoding: " + std::string(to_string(coding)) + "\r\n");
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.error() == "unpacked, the body is larger than 1 MiB, the most that this node takes (message_bytes)");
  }
  BOOST_TEST(infer_status(client, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(http_at_the_door_for_rpc_ends_that_connection_alone) {
  rpc_server other(loop_pointers(), listen_on("127.0.0.1:0").value(), view(), options, clients);
  http_client lost(port_of(other.address()));
  lost.send(request("GET /v2/health/live"));
  BOOST_TEST(closes(lost.socket()));
  http_client client(port());
  BOOST_TEST(infer_status(client, 1000) == 200);
  stop();
}

BOOST_AUTO_TEST_SUITE_END()

// -- requests that nobody waits for any more --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_request_whose_client_has_gone_leaves_the_queue_without_a_batch) {
  http_fixture node;
  node.echo->detach(node.runner.get());
  {
    http_client leaving(node.port());
    leaving.send(good_request(1000));
    BOOST_TEST(eventually([&node] { return node.echo->count().queued_rows == 1; }));
  }
  BOOST_TEST(eventually([&node] {
    node.echo->expire(node.time.now());
    return node.echo->count().queued_rows == 0;
  }));
  node.echo->attach(node.runner);
  BOOST_TEST(node.echo->count().batches == 0U);
  BOOST_TEST(node.echo->count().failures == 0U);
  BOOST_TEST(node.echo->statistics().failures[static_cast<std::size_t>(error_code::cancelled)] == 1U);
  http_client next(node.port());
  BOOST_TEST(infer_status(next, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_stops_sending_while_its_request_waits_is_asked_whether_it_is_there_and_answered) {
  http_fixture node;
  node.echo->detach(node.runner.get());
  http_client client(node.port());
  client.send(good_request(1000));
  client.finish_sending();
  BOOST_TEST(client.read().status == 100);
  node.echo->attach(node.runner);
  BOOST_TEST(client.read().status == 200);
  BOOST_TEST(closes(client.socket()));
}

BOOST_AUTO_TEST_CASE(requests_sent_ahead_wait_outside_of_the_queue) {
  http_fixture node;
  node.echo->detach(node.runner.get());
  http_client client(node.port());
  for (int i = 0; i < 20; ++i)
    client.send(good_request(1000));
  BOOST_TEST(eventually([&node] { return node.echo->count().queued_rows == 1; }));
  http_client other(node.port());
  other.send(good_request(1000));
  BOOST_TEST(eventually([&node] { return node.echo->count().queued_rows == 2; }));
  node.echo->attach(node.runner);
  BOOST_TEST(other.read().status == 200);
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(client.read().status == 200);
}

// -- clients that take their time -------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(who_sends_a_byte_now_and_then_is_cut_off_however_busy_it_looks) {
  http_fixture node(impatient());
  for (const auto& text :
       {"GET /v2/health/live HTTP/1.1\r\nHost: x\r\nX: " + std::string(10'000, 'x'), head_of(std::string(10'000, ' '))}) {
    http_client slow(node.port());
    slow.send(text.substr(0, text.size() - 9'000));
    auto sending = std::async(std::launch::async, [&slow] {
      pollfd answered{slow.socket().get(), POLLIN, 0};
      while (::poll(&answered, 1, 10) == 0) // a byte each 10 ms
        slow.send("x");
    });
    BOOST_TEST(slow.read().status == 408);
    sending.get();
    BOOST_TEST(closes(slow.socket()));
  }
}

BOOST_AUTO_TEST_CASE(who_does_not_read_its_answer_is_broken_off_and_others_are_served_meanwhile) {
  auto limits = impatient();
  limits.message_bytes_max = 8 << 20; // more than the kernel keeps of an answer
  http_fixture node(limits);
  auto request = raw_request(1'900'000, true);
  std::vector<http_client> deaf;
  for (int i = 0; i < 8; ++i) {
    deaf.emplace_back(connect_narrow(node.port()));
    deaf.back().send(request);
  }
  http_client calm(node.port());
  BOOST_TEST(infer_status(calm, 1000) == 200);
  for (const auto& each : deaf)
    BOOST_TEST(ends(each.socket()));
  BOOST_TEST(eventually([&node] { return node.server.quiet(); }));
}

// -- memory -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(bodies_that_are_received_share_one_limit_and_give_it_back) {
  auto limits = small_limits();
  limits.body_bytes_max = 2 << 20;
  http_fixture node(limits);
  auto head = infer_request("Content-Length: 1048576\r\n", "");
  std::string part(1'000'000, ' ');
  std::vector<http_client> three;
  for (int i = 0; i < 3; ++i) {
    three.emplace_back(node.port());
    three.back().send(head + part);
  }
  // There is room for two at most; who finds none depends on whose bytes come first.
  std::array<pollfd, 3> answered{};
  for (std::size_t i = 0; i < 3; ++i)
    answered[i] = {three[i].socket().get(), POLLIN, 0};
  BOOST_REQUIRE(::poll(answered.data(), 3, 10'000) > 0);
  for (std::size_t i = 0; i < 3; ++i)
    if (answered[i].revents != 0)
      BOOST_TEST(three[i].read().error()
                 == "the node holds as many bytes of requests as it may (limits.body_bytes); retry later");
  http_client promising(node.port());
  promising.send(head); // promises take nothing
  three.clear();
  BOOST_TEST(eventually([&] {
    http_client later(node.port());
    later.send(head + std::string(1 << 20, ' '));
    return later.read().status == 400; // it has come, and is no JSON
  }));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_fit_the_limit_is_refused_and_a_small_one_fits_always) {
  auto limits = small_limits();
  limits.body_bytes_max = 1 << 20;
  http_fixture node(limits);
  http_client client(node.port());
  client.send(raw_request(200'000, false)); // 800 kB, which are more in JSON
  auto refused = client.read();
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.error().find("limits.body_bytes") != std::string::npos, refused.error());
  http_client holding(node.port());
  holding.send(infer_request("Content-Length: 1048576\r\n", std::string(1'000'000, ' ')));
  BOOST_TEST(infer_status(client, 1000) == 200);
}
