#define BOOST_TEST_MODULE error
#include "runtime/base/error.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <set>

using namespace troupe;

BOOST_AUTO_TEST_CASE(asking_a_failure_for_its_value_throws) {
  result<int> failed = error{error_code::not_found, "no deployment 'digits'"};
  BOOST_TEST(!failed.ok());
  BOOST_CHECK_THROW(failed.value(), std::bad_variant_access);
}

BOOST_AUTO_TEST_CASE(asking_a_success_for_its_failure_throws) {
  result<int> done = 7;
  BOOST_TEST(done.value() == 7);
  BOOST_CHECK_THROW((void)done.failure(), std::bad_variant_access);
}

BOOST_AUTO_TEST_CASE(a_result_without_a_value_is_done_or_says_why_not) {
  BOOST_TEST(result<void>().ok());
  result<void> failed = error{error_code::io_failed, "disk full"};
  BOOST_TEST(!failed);
  BOOST_TEST((failed.failure() == error{error_code::io_failed, "disk full"}));
}

BOOST_AUTO_TEST_CASE(a_value_that_can_only_move_moves_out) {
  result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  auto moved = std::move(made).value();
  BOOST_TEST(*moved == 7);
}

BOOST_AUTO_TEST_CASE(an_error_reads_as_its_code_and_message) {
  BOOST_TEST(to_string(error{error_code::not_found, "no deployment 'digits'"}) == "not_found: no deployment 'digits'");
}

BOOST_AUTO_TEST_CASE(each_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (auto code = static_cast<int>(error_code::invalid_argument); code < static_cast<int>(error_code_count); ++code)
    names.insert(to_string(static_cast<error_code>(code)));
  BOOST_TEST(names.size() == error_code_count - 1);
  BOOST_TEST(names.count("unknown") == 0);
  BOOST_TEST(to_string(static_cast<error_code>(0)) == "unknown");
}
