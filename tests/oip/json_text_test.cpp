#define BOOST_TEST_MODULE json_text
#include "runtime/oip/json_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(bytes_that_are_no_characters_are_not_utf8) {
  for (auto text : {"\x80", "a\xff", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xe2\x82z",
                    "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80"})
    BOOST_TEST(!is_utf8(text));
}

BOOST_AUTO_TEST_CASE(the_first_and_the_last_character_of_each_length_are_utf8) {
  BOOST_TEST(is_utf8(""));
  BOOST_TEST(is_utf8(std::string_view("\0\x7f", 2)));
  for (auto text : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                    "\xf4\x8f\xbf\xbf", "caf\xc3\xa9 \xe2\x82\xac"})
    BOOST_TEST(is_utf8(text));
}
