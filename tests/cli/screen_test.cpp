#define BOOST_TEST_MODULE screen
#include "runtime/cli/screen.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace troupe;

namespace {

std::string shown_twice(bool terminal) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  real_clock time;
  console io{in, out, err, terminal, terminal, time};
  screen view(io);
  view.show("one\n");
  view.show("two\n");
  return out.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(where_nobody_watches_each_text_stands_below_the_one_before) {
  BOOST_TEST(shown_twice(false) == "one\n\ntwo\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_is_wiped_once_and_then_drawn_over) {
  BOOST_TEST(shown_twice(true) == "\x1b[2J\x1b[Hone\x1b[K\n\x1b[J\x1b[Htwo\x1b[K\n\x1b[J");
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_to_the_terminal) {
  BOOST_TEST(redrawn("a\nb\nc\n", 2) == "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
  BOOST_TEST(redrawn("a", 9) == "\x1b[Ha\x1b[K\n\x1b[J");
  BOOST_TEST(redrawn("", 9) == "\x1b[H\x1b[J");
}
