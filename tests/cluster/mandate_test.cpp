#define BOOST_TEST_MODULE mandate
#include "cluster/authority.hpp"
#include "cluster/mandate.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

struct fixture {
  authority owner = authority::make(some_cluster, some_day);
  leadership given = owner.grant(7, node_1);

  void require_refused(const leadership& claimed, const std::string& authority_pem) {
    auto checked = check_mandate(claimed, authority_pem);
    BOOST_REQUIRE(!checked);
    BOOST_TEST((checked.failure().code == error_code::permission_denied));
    BOOST_TEST(checked.failure().message.find("without a good mandate") != std::string::npos);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_mandate_with_another_epoch_or_leader_is_refused, fixture) {
  auto higher = given, another = given, nobody = given, unsigned_one = given;
  higher.epoch = 8;
  another.leader_id = node_2;
  nobody.leader_id = "anna\nepoch 9";
  unsigned_one.signature.clear();
  for (const auto& claimed : {higher, another, nobody, unsigned_one})
    require_refused(claimed, owner.certificate_pem());
}

BOOST_FIXTURE_TEST_CASE(a_mandate_of_another_cluster_is_refused, fixture) {
  require_refused(given, authority::make(std::string(32, 'd'), some_day).certificate_pem());
  require_refused(given, authority::make(some_cluster, some_day).certificate_pem());
}

BOOST_FIXTURE_TEST_CASE(a_member_can_not_give_itself_a_mandate, fixture) {
  auto own = private_key::make();
  leadership claimed{8, node_2, {}};
  claimed.signature = own.sign(mandate_text(some_cluster, claimed));
  require_refused(claimed, owner.certificate_pem());
}

BOOST_FIXTURE_TEST_CASE(a_mandate_can_not_be_checked_without_the_authoritys_certificate, fixture) {
  BOOST_TEST((check_mandate(given, "").failure().code == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(a_mandate_as_it_was_given_is_good, fixture) {
  BOOST_TEST(check_mandate(given, owner.certificate_pem()).ok());
  BOOST_TEST(given.epoch == 7U);
  BOOST_TEST(given.leader_id == node_1);
}
