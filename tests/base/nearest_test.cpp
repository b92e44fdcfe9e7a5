#define BOOST_TEST_MODULE nearest
#include "runtime/base/nearest.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(a_typing_error_is_answered_with_the_key_that_was_meant) {
  BOOST_TEST(advice_on_key("datatpye", {"name", "datatype", "shape"}) == "did you mean 'datatype'?");
}

BOOST_AUTO_TEST_CASE(what_is_near_to_no_key_is_answered_with_all_of_them) {
  BOOST_TEST(advice_on_key("weights", {"name", "datatype", "shape"}) == "known are name, datatype, shape");
  BOOST_TEST(advice_on_key(std::string(1 << 20, 'x'), {"name"}) == "known are name");
}
