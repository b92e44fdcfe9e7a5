#define BOOST_TEST_MODULE ids
#include "runtime/base/ids.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(names_that_would_break_keys_paths_or_urls_are_refused) {
  for (auto name : {"", "-a", "_a", "A", "a b", "a/b", "..", "a.b", "a@1", "a\n", "é"})
    BOOST_TEST(!valid_deployment_name(name), name);
  BOOST_TEST(!valid_deployment_name(std::string(64, 'a')));
  BOOST_TEST(!valid_deployment_name(std::string("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(plain_names_are_taken) {
  for (auto name : {"a", "0", "digits", "digits-2_b"})
    BOOST_TEST(valid_deployment_name(name), name);
  BOOST_TEST(valid_deployment_name(std::string(63, 'a')));
}

BOOST_AUTO_TEST_CASE(a_version_is_its_deployment_and_number) {
  BOOST_TEST(to_string(version_id{"digits", 3}) == "digits@3");
  BOOST_TEST((version_id{"digits", 3} == version_id{"digits", 3}));
  BOOST_TEST(!(version_id{"digits", 3} == version_id{"digits", 4}));
  BOOST_TEST(!(version_id{"digits", 3} == version_id{"letters", 3}));
}
