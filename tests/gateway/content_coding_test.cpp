#define BOOST_TEST_MODULE content_coding
#include "runtime/gateway/content_coding.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

constexpr std::size_t plenty = 1 << 24;

std::string refusal_of(const std::string& bytes, content_coding coding, std::size_t bytes_max = plenty) {
  auto whole = unpack(bytes, coding, bytes_max);
  return whole ? "" : whole.failure().message;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_packed_comes_back_as_it_was) {
  for (auto coding : {content_coding::identity, content_coding::gzip, content_coding::deflate})
    for (std::size_t size : {0U, 1U, 65536U, 65537U, 3'000'000U}) {
      std::string bytes;
      for (std::size_t i = 0; i < size; ++i)
        bytes += static_cast<char>(i * i >> 3);
      auto back = unpack(pack(bytes, coding), coding, plenty);
      BOOST_REQUIRE(back.ok());
      BOOST_TEST((*back == bytes));
    }
}

BOOST_AUTO_TEST_CASE(more_than_the_limit_is_refused_and_exactly_that_much_is_not) {
  for (auto coding : {content_coding::gzip, content_coding::deflate}) {
    auto packed = pack(std::string(1'000'000, ' '), coding);
    BOOST_TEST(refusal_of(packed, coding, 1'000'000) == "");
    BOOST_TEST(refusal_of(packed, coding, 999'999)
               == "unpacked, the body is larger than 977 KiB, the most that this node takes (message_bytes)");
    BOOST_TEST(refusal_of(packed, coding, 0) != "");
  }
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_damaged_or_followed_by_more_is_refused) {
  for (auto coding : {content_coding::gzip, content_coding::deflate}) {
    auto said = std::string("the body is said to be ") + to_string(coding) + ", but ";
    auto packed = pack("a text of a few words, a text of a few words", coding);
    for (std::size_t size = 0; size < packed.size(); ++size)
      BOOST_TEST(refusal_of(packed.substr(0, size), coding) == said + "it ends in the middle");
    BOOST_TEST(refusal_of(packed + "x", coding) == said + "something stands behind it");
    BOOST_TEST(refusal_of("hello", coding) == said + "it isn't");
    packed[packed.size() - 6] ^= 1;
    BOOST_TEST(refusal_of(packed, coding) == said + "it isn't");
  }
}

BOOST_AUTO_TEST_CASE(codings_are_known_by_name_however_spelled) {
  BOOST_TEST((*content_coding_from("") == content_coding::identity));
  BOOST_TEST((*content_coding_from("Identity") == content_coding::identity));
  BOOST_TEST((*content_coding_from(" GZIP ") == content_coding::gzip));
  BOOST_TEST((*content_coding_from("deflate") == content_coding::deflate));
  for (auto unknown : {"br", "gzip, gzip", "gzipp", "zstd"})
    BOOST_TEST(!content_coding_from(unknown).ok());
}

BOOST_AUTO_TEST_CASE(the_answer_is_packed_as_the_client_likes_best) {
  const std::vector<std::pair<const char*, content_coding>> cases = {
      {"", content_coding::identity},
      {"br", content_coding::identity},
      {"gzip", content_coding::gzip},
      {"deflate", content_coding::deflate},
      {"deflate, gzip", content_coding::gzip},
      {"deflate;q=1, gzip;q=0.5", content_coding::deflate},
      {"br;q=1.0, GZip;q=0.8, *;q=0.1", content_coding::gzip},
      {"gzip;q=0", content_coding::identity},
      {"*", content_coding::gzip},
      {"*, gzip;q=0", content_coding::deflate},
      {"identity", content_coding::identity},
      {",,;;,gzip ; q = 1", content_coding::gzip},
  };
  for (const auto& [header, expected] : cases)
    BOOST_TEST((accepted_coding(header) == expected), header);
}
