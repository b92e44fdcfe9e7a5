#define BOOST_TEST_MODULE chunk_decoder
#include "runtime/gateway/chunk_decoder.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using progress = chunk_decoder::progress;

namespace {

struct decoded {
  progress found = progress::more;
  std::string body;
  std::string behind;
};

/// The text taken apart, given in pieces of that size.
decoded decode(const std::string& text, std::size_t piece) {
  chunk_decoder decoder;
  decoded all;
  std::string_view rest = text;
  while (!rest.empty() && all.found == progress::more) {
    auto next = rest.substr(0, piece);
    auto size = next.size();
    while (!next.empty() && all.found == progress::more) {
      std::string_view data;
      all.found = decoder.advance(next, data);
      all.body += data;
    }
    rest.remove_prefix(size - next.size());
  }
  all.behind = rest;
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(chunks_are_put_together_wherever_they_are_cut_and_what_is_behind_them_is_left) {
  for (std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    auto all = decode("5\r\nhello\r\nA;name=\"v\";x\r\n, chunked!\r\n0\r\nTrailer: x\r\n\r\nGET /", piece);
    BOOST_TEST((all.found == progress::whole));
    BOOST_TEST(all.body == "hello, chunked!");
    BOOST_TEST(all.behind == "GET /");
  }
  BOOST_TEST((decode("0\r\n\r\n", 1).found == progress::whole));
  BOOST_TEST((decode("000005\r\nhello\r\n0\r\n", 100).found == progress::more));
}

BOOST_AUTO_TEST_CASE(sizes_and_line_ends_that_two_readers_could_take_for_different_ones_are_refused) {
  for (auto text : {"zz\r\n", "-5\r\nhello\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
                    "\r\n", ";x\r\n", "5\nhello\r\n", "5\r\nhello5\r\nworld\r\n", "5\r\nhello\n", "5\r\nhelloX\r\n",
                    "5\rx\nhello\r\n", "10000000000000005\r\nhello\r\n", "FFFFFFFFFFFFFFFF\r\n"})
    for (std::size_t piece : {1U, 1000U})
      BOOST_TEST((decode(text, piece).found == progress::bad), text);
}

BOOST_AUTO_TEST_CASE(extensions_and_trailers_are_bounded) {
  BOOST_TEST((decode("5;" + std::string(2000, 'x'), 100).found == progress::bad));
  std::string trailers;
  for (int i = 0; i < 2000; ++i)
    trailers += "X: y\r\n";
  BOOST_TEST((decode("0\r\n" + trailers + "\r\n", 100).found == progress::bad));
}
