#define BOOST_TEST_MODULE rng
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(the_numbers_are_those_of_the_published_generator) {
  rng numbers(1234567); // the reference outputs that Rosetta Code lists for SplitMix64
  BOOST_TEST(numbers.next() == 6457827717110365317ULL);
  BOOST_TEST(numbers.next() == 3203168211198807973ULL);
  BOOST_TEST(numbers.next() == 9817491932198370423ULL);
}

BOOST_AUTO_TEST_CASE(no_number_reaches_its_bound) {
  rng numbers(1);
  for (int i = 0; i < 10'000; ++i) {
    BOOST_REQUIRE(numbers.below(3) < 3);
    auto unit = numbers.unit();
    BOOST_REQUIRE((unit >= 0 && unit < 1));
  }
  BOOST_TEST(numbers.below(0) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_certain_happens_and_what_is_impossible_does_not) {
  rng numbers(2);
  for (int i = 0; i < 1'000; ++i) {
    BOOST_REQUIRE(numbers.chance(1));
    BOOST_REQUIRE(!numbers.chance(0));
  }
}
