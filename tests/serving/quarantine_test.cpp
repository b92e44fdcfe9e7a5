#define BOOST_TEST_MODULE quarantine
#include "runtime/serving/quarantine.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

struct fixture {
  test_loop loop;

  input_digest digest(const std::vector<float>& values, std::uint32_t rows) {
    return digest_of(recorded_request(loop, values, rows, std::make_shared<outcome>()));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(quarantine_suite, fixture)

BOOST_AUTO_TEST_CASE(an_input_is_held_by_its_bytes_whoever_sends_it) {
  quarantine held;
  BOOST_TEST(!held.holds(digest({1, 2}, 1)));
  held.add(digest({1, 2}, 1));
  BOOST_TEST(held.holds(digest({1, 2}, 1)));
}

BOOST_AUTO_TEST_CASE(other_bytes_or_another_shape_are_another_input) {
  quarantine held;
  held.add(digest({1, 2}, 1));
  BOOST_TEST(!held.holds(digest({1, 3}, 1)));
  BOOST_TEST(!held.holds(digest({1, 2}, 2)));
}

BOOST_AUTO_TEST_CASE(the_oldest_input_goes_first_when_it_is_full) {
  quarantine held;
  for (std::size_t i = 0; i <= quarantine::entries_max; ++i)
    held.add(digest({static_cast<float>(i)}, 1));
  BOOST_TEST(!held.holds(digest({0}, 1)));
  BOOST_TEST(held.holds(digest({1}, 1)));
  BOOST_TEST(held.holds(digest({static_cast<float>(quarantine::entries_max)}, 1)));
}

BOOST_AUTO_TEST_SUITE_END()
