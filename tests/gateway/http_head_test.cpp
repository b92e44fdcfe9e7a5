#define BOOST_TEST_MODULE http_head
#include "runtime/gateway/http_head.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

using namespace troupe;
using progress = http_head_reader::progress;

namespace {

std::string with(const std::string& fields) {
  return "POST /v2 HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

/// 0: it is taken.
unsigned refused(const std::string& text) {
  http_head_reader reader;
  auto found = reader.advance(text);
  BOOST_TEST((found != progress::more), text);
  return found == progress::refused ? reader.refusal().status : 0;
}

http_head read(const std::string& text) {
  http_head_reader reader;
  BOOST_REQUIRE((reader.advance(text) == progress::whole));
  BOOST_TEST(reader.size() == text.size());
  return reader.head();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_head_is_what_it_says_however_it_is_cut_into_pieces) {
  auto text =
      with("content-LENGTH:12\r\nInference-Header-Content-Length: \t7 \r\nAccept-Encoding: gzip\r\nAccept-Encoding: deflate\r\n"
           "Content-Encoding: gzip\r\nExpect: 100-Continue\r\n");
  http_head_reader reader;
  for (std::size_t size = 0; size < text.size(); ++size)
    BOOST_REQUIRE((reader.advance({text.data(), size}) == progress::more));
  BOOST_REQUIRE((reader.advance(text + "behind it") == progress::whole));
  BOOST_TEST(reader.size() == text.size());
  auto head = reader.head();
  BOOST_TEST((head.verb == http_verb::post));
  BOOST_TEST(head.target == "/v2");
  BOOST_TEST(head.length == 12U);
  BOOST_TEST(head.inference_header_length.value() == "7");
  BOOST_TEST(head.accept_encoding.value() == "gzip, deflate");
  BOOST_TEST(head.content_encoding.value() == "gzip");
  BOOST_TEST(head.awaits_continue);
  BOOST_TEST(head.stays);
  BOOST_TEST(!head.chunked);
}

BOOST_AUTO_TEST_CASE(who_closes_after_the_answer_follows_from_version_and_connection) {
  BOOST_TEST(!read(with("Connection: close\r\n")).stays);
  BOOST_TEST(!read(with("Connection: keep-alive, Close\r\n")).stays);
  BOOST_TEST(read(with("Connection: Upgrade, HTTP2-Settings\r\n")).stays);
  BOOST_TEST(!read("GET / HTTP/1.0\r\n\r\n").stays);
  BOOST_TEST(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").stays);
}

BOOST_AUTO_TEST_CASE(paths_come_with_or_without_an_origin_and_behind_empty_lines) {
  BOOST_TEST(read("GET http://node:8000/v2?a=b HTTP/1.1\r\nHost: x\r\n\r\n").target == "/v2?a=b");
  BOOST_TEST(read("GET HTTP://node HTTP/1.1\r\nHost: x\r\n\r\n").target == "/");
  BOOST_TEST(read("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").target == "*");
  BOOST_TEST(read("\r\n\r\nGET /v2 HTTP/1.1\r\nHost: x\r\n\r\n").target == "/v2");
  BOOST_TEST(read("HEAD /v2 HTTP/1.1\r\nHost: x\r\n\r\n").only_head);
}

BOOST_AUTO_TEST_CASE(lengths_that_two_readers_could_take_for_different_ones_are_refused) {
  for (auto fields :
       {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: -1\r\n", "Content-Length: +5\r\n", "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n",
        "Content-Length:\r\n", "Content-Length: 1e3\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Content-Length : 5\r\n", "Content-Length: 5\r\n 5\r\n",
        "X: y\rContent-Length: 5\r\n", "X: y\nContent-Length: 5\r\n", "Content\0-Length: 5\r\n"})
    BOOST_TEST(refused(with(fields)) == 400U, fields);
  for (auto fields :
       {"Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding:\r\n"})
    BOOST_TEST(refused(with(fields)) == 501U, fields);
  BOOST_TEST(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400U);
  BOOST_TEST(read(with("Content-Length: 9223372036854775808\r\n")).length == 1ULL << 63);
  BOOST_TEST(read(with("Content-Length: 99999999999999999999999\r\n")).length == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_refused_as_soon_as_that_is_clear) {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, unsigned>> heads = {
      {"\x16\x03\x01\x02"s, 400},   // TLS
      {"\0\0\0\0\x04\0\0\0"s, 400}, // Cap'n Proto
      {"{\"inputs\":[]}", 400},     // a body without its head
      {"hello\r\n", 400},
      {"GET\r\n", 400},
      {"GET /\r\n", 400}, // HTTP/0.9
      {"GET  HTTP/1.1\r\n", 400},
      {"GET /a b HTTP/1.1\r\n", 400},
      {"GET /a\tb HTTP/1.1\r\n", 400},
      {"GET /\xc3\xa9 HTTP/1.1\r\n", 400},
      {"GET /v2\0 HTTP/1.1\r\n"s, 400},
      {"GET /v2 HTTP/1.1\n", 400},
      {"G(T /v2 HTTP/1.1\r\n", 400},
      {"GET /v2 HTTP/1.1 \r\n", 400},
      {"GET /v2 HTTP/1.1\r\nno colon\r\n", 400},
      {"GET /v2 HTTP/1.1\r\n: nameless\r\n", 400},
      {"GET /v2 HTTP/1.1\r\nX: a\0b\r\n"s, 400},
      {"GET /v2 HTTP/1.1\r\n\r\n", 400}, // no Host
      {"GET /v2 HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400},
      {"GET /v2 HTTP/1.1\r\nExpect: miracles\r\n", 417},
      {"PRI * HTTP/2.0\r\n", 505},
      {"GET / HTTP/3\r\n", 505},
  };
  for (const auto& [text, status] : heads)
    BOOST_TEST(refused(text) == status, text);
}

BOOST_AUTO_TEST_CASE(a_head_may_have_64_kib_whether_its_end_has_come_or_not) {
  BOOST_TEST(refused(with("X: " + std::string(60'000, 'x') + "\r\n")) == 0U);
  BOOST_TEST(refused(with("X: " + std::string(70'000, 'x') + "\r\n")) == 431U);
  BOOST_TEST(refused("GET /" + std::string(70'000, 'x')) == 431U);
}

BOOST_AUTO_TEST_CASE(fields_that_mean_nothing_to_us_are_kept_but_what_all_send) {
  auto head = read(with("User-Agent: curl\r\nX-User:  anna \r\nAccept: */*\r\nX-Canary: yes\r\nContent-Length: 0\r\n"));
  BOOST_TEST(head.fields == "X-User:anna\nX-Canary:yes\n");
}
