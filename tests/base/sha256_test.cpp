#define BOOST_TEST_MODULE sha256
#include "runtime/base/sha256.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(digests_are_those_of_the_standard) { // FIPS 180-4, examples
  BOOST_TEST(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(pieces_give_the_digest_of_the_whole) {
  sha256 pieces;
  pieces.update("a");
  pieces.update("");
  pieces.update("bc");
  BOOST_TEST(pieces.finish() == sha256_of("abc"));
}

BOOST_AUTO_TEST_CASE(only_a_digest_may_name_a_file) {
  BOOST_TEST(is_sha256(sha256_of("abc")));
  BOOST_TEST(!is_sha256(""));
  BOOST_TEST(!is_sha256(std::string(63, 'a')));
  BOOST_TEST(!is_sha256(std::string(65, 'a')));
  BOOST_TEST(!is_sha256(std::string(64, 'A')));
  BOOST_TEST(!is_sha256(std::string(63, 'a') + "/"));
}
