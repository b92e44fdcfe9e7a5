#define BOOST_TEST_MODULE printable
#include "runtime/base/printable.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(control_characters_are_replaced_and_utf8_is_kept) {
  BOOST_TEST(printable("a\x1b[2J\tµ\x7f") == "a?[2J?µ?");
}
