#define BOOST_TEST_MODULE hex
#include "runtime/base/hex.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(what_is_no_hex_gives_nothing) {
  for (auto text : {"a", "0g", "g0", "AB", " 0", "0x"})
    BOOST_TEST(!from_hex(text).has_value(), text);
  BOOST_TEST(!from_hex(std::string_view("0\0", 2)).has_value());
}

BOOST_AUTO_TEST_CASE(every_byte_comes_back) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  BOOST_TEST(to_hex(all).substr(0, 6) == "000102");
  BOOST_TEST(to_hex(all).substr(510) == "ff");
  BOOST_TEST((from_hex(to_hex(all)) == all));
  BOOST_TEST((from_hex("") == ""));
}
