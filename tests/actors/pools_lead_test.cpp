#define BOOST_TEST_MODULE pools_lead
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

namespace {

/// A node that follows "n1" in epoch 3.
struct following_fixture : tree_fixture {
  following_fixture() { node.lead.set({3, "n1", "signed"}); }

  assignment_taken hand(std::uint64_t epoch, const std::string& leader_id) {
    assignment what{{epoch, leader_id, "signed"}, ++revision, {}, {}};
    auto taken = ask<assignment_taken>(actors.pools.get(), what);
    BOOST_REQUIRE(static_cast<bool>(taken));
    return *taken;
  }
  std::uint64_t revision = 100;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pools_lead_suite, following_fixture)

BOOST_AUTO_TEST_CASE(an_assignment_of_a_smaller_epoch_is_refused_though_the_node_has_none_yet) {
  auto refused = hand(2, "n9");
  BOOST_TEST(!refused.taken);
  BOOST_TEST(refused.by.epoch == 3U);
  BOOST_TEST(refused.by.leader_id == "n1");
  BOOST_TEST(refused.by.signature == "signed"); // so that who asked can follow it
}

BOOST_AUTO_TEST_CASE(within_an_epoch_only_its_leader_is_obeyed) {
  BOOST_TEST(hand(3, "n1").taken);
  BOOST_TEST(!hand(3, "n9").taken);
  BOOST_TEST(hand(3, "n1").taken);
}

BOOST_AUTO_TEST_CASE(a_higher_epoch_is_obeyed_once_it_is_followed_and_not_if_its_mandate_is_false) {
  result<void> verdict = error{error_code::permission_denied, "no good mandate"};
  node.follow = [&](const leadership& lead) {
    if (verdict)
      node.lead.set(lead);
    return verdict;
  };
  assignment forged{{4, "n9", "forged"}, 1, {}, {}};
  BOOST_TEST((code_of(ask<assignment_taken>(actors.pools.get(), forged)) == error_code::permission_denied));
  verdict = {};
  BOOST_TEST(hand(4, "n9").taken);
  BOOST_TEST(!hand(3, "n1").taken);
}

BOOST_AUTO_TEST_SUITE_END()
