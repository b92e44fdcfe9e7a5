#define BOOST_TEST_MODULE member_check
#include "cluster/member_check.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

void require_invalid(const result<void>& checked) {
  BOOST_REQUIRE(!checked);
  BOOST_TEST((checked.failure().code == error_code::invalid_argument));
  for (char c : checked.failure().message)
    BOOST_TEST(static_cast<unsigned char>(c) >= 0x20U);
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_name_is_refused) {
  for (const auto& name : {std::string(), std::string("-n1"), std::string(".n1"), std::string("n 1"), std::string("n\n1"),
                           std::string("n/1"), std::string(64, 'n'), node_1})
    require_invalid(check_node_name(name));
  for (auto name : {"n1", "gpu-7.example.org", "A_b", "1"})
    BOOST_TEST(check_node_name(name).ok(), name);
}

BOOST_AUTO_TEST_CASE(an_address_that_leads_nowhere_is_refused) {
  for (const auto& address : {std::string(), std::string("10.0.0.7"), std::string("10.0.0.7:0"), std::string("0.0.0.0:7551"),
                              std::string("[::]:7551"), std::string(":7551"), std::string("a b:7551"), std::string("a\n:7551"),
                              std::string("10.0.0.7:99999"), std::string(300, 'a') + ":7551"})
    require_invalid(check_node_address(address));
  for (auto address : {"10.0.0.7:7551", "n1.example.org:7551", "[fe80::1]:7551"})
    BOOST_TEST(check_node_address(address).ok(), address);
}

BOOST_AUTO_TEST_CASE(labels_that_are_too_many_or_too_long_are_refused) {
  std::map<std::string, std::string> many;
  for (std::size_t i = 0; i <= member_limits::labels_max; ++i)
    many["l" + std::to_string(i)] = "";
  require_invalid(check_labels(many));
  require_invalid(check_labels({{"", "a"}}));
  require_invalid(check_labels({{"zone", "a b"}}));
  require_invalid(check_labels({{"zo\ne", "a"}}));
  require_invalid(check_labels({{"zone", std::string(64, 'a')}}));
  BOOST_TEST(check_labels({{"zone", "eu/west.1"}, {"gpu", ""}}).ok());
}
