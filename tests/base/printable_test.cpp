#define BOOST_TEST_MODULE printable
#include "runtime/base/printable.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(control_characters_are_replaced_and_utf8_is_kept) {
  BOOST_TEST(printable("a\x1b[2J\tµ\x7f") == "a?[2J?µ?");
}

BOOST_AUTO_TEST_CASE(a_word_is_printable_ascii_of_some_length_without_blanks) {
  for (auto text : {"", "two words", "tab\t", "\x7f", "µ", "12345"})
    BOOST_TEST(!is_printable_word(text, 4), text);
  for (auto text : {"a", "!~\"", "1234"})
    BOOST_TEST(is_printable_word(text, 4), text);
}
