#define BOOST_TEST_MODULE revocation_list
#include "runtime/serving/revocation_list.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const wall_time now{std::chrono::hours(1000)};
const revocation anna{"client:anna", now, now + 1h};

} // namespace

BOOST_AUTO_TEST_CASE(certificates_that_were_given_later_are_good) {
  revocation_list list;
  list.add({anna}, now);
  BOOST_TEST(list.refuses("client:anna", now - 5h));
  BOOST_TEST(list.refuses("client:anna", now));
  BOOST_TEST(!list.refuses("client:anna", now + 1s));
  BOOST_TEST(!list.refuses("admin:anna", now));
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_back) {
  revocation_list list;
  list.add({anna}, now);
  list.add({}, now);
  list.add({{"client:anna", now - 1h, now}}, now);
  BOOST_TEST(list.refuses("client:anna", now));
  auto all = list.add({{"client:anna", now + 1min, now + 2h}}, now);
  BOOST_REQUIRE(all.size() == 1U);
  BOOST_TEST((all[0] == revocation{"client:anna", now + 1min, now + 2h}));
}

BOOST_AUTO_TEST_CASE(what_says_nothing_any_more_is_forgotten) {
  revocation_list list;
  BOOST_TEST(list.add({anna}, now).size() == 1U);
  BOOST_TEST(list.add({}, now + 1h).empty());
}

BOOST_AUTO_TEST_CASE(each_news_is_told_once) {
  revocation_list list;
  std::vector<std::string> heard;
  list.on_revoked([&](const std::string& name) { heard.push_back(name); });
  list.add({anna}, now);
  list.add({anna}, now);
  list.add({{"client:anna", now + 1s, now + 1h}, {"admin:ben", now, now + 1h}}, now);
  list.on_revoked(nullptr);
  list.add({{"client:cleo", now, now + 1h}}, now);
  BOOST_TEST(heard == (std::vector<std::string>{"client:anna", "client:anna", "admin:ben"}), boost::test_tools::per_element());
}
