#define BOOST_TEST_MODULE flap_limit
#include "cluster/flap_limit.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const steady_time start = steady_time() + 1h;

} // namespace

BOOST_AUTO_TEST_CASE(two_suspicions_within_a_minute_are_told_as_they_are) {
  flap_limit limit;
  for (auto at : {0s, 59s, 61s, 120s}) {
    BOOST_TEST((limit.on_suspected("a", start + at) == telling::plainly));
    BOOST_TEST(limit.tells_return("a", start + at + 1s));
  }
}

BOOST_AUTO_TEST_CASE(the_third_is_told_as_one_of_many_and_then_there_is_silence_for_a_minute) {
  flap_limit limit;
  limit.on_suspected("a", start);
  limit.on_suspected("a", start + 1s);
  BOOST_TEST((limit.on_suspected("a", start + 2s) == telling::as_one_of_many));
  BOOST_TEST(!limit.tells_return("a", start + 3s));
  BOOST_TEST((limit.on_suspected("a", start + 61s) == telling::not_at_all));
  BOOST_TEST(limit.tells_return("a", start + 62s));
  BOOST_TEST((limit.on_suspected("a", start + 62s) == telling::plainly));
}

BOOST_AUTO_TEST_CASE(members_do_not_count_for_each_other) {
  flap_limit limit;
  for (int i = 0; i < 5; ++i)
    limit.on_suspected("a", start);
  BOOST_TEST((limit.on_suspected("b", start) == telling::plainly));
  BOOST_TEST(limit.tells_return("b", start));
}
