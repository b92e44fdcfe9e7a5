#define BOOST_TEST_MODULE cluster_identity
#include "actors/cluster_identity.hpp"
#include "cluster/certificates.hpp"
#include "cluster/mandate.hpp"
#include "tests/cluster/cluster_ids.hpp"
#include "tests/support/refusing_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const certificate_term day{some_day, 24h};
const own_node first{node_1, "n1", "10.0.0.1:7551", {{"zone", "a"}}};
const own_node second{node_2, "n2", "10.0.0.2:7551", {}};

template <class T>
error_code code_of(const result<T>& outcome) {
  BOOST_REQUIRE(!outcome);
  return outcome.failure().code;
}

/// A cluster that node 1 has founded and leads.
struct founded {
  refusing_store disk;
  cluster_store records{disk};
  cluster_record cluster = found_cluster(records, first, day).value();
  authority owner = authority::load(cluster.authority_pem, cluster.authority_key_pem).value();
};

/// Another node, which may join it.
struct joiner : founded {
  refusing_store own_disk;
  cluster_store own{own_disk};
  private_key key = private_key::make();
  granted_membership given{owner.certificate_pem(), owner.issue_node(node_2, key.public_key(), day).value(), cluster.lead};

  void join() { BOOST_REQUIRE(save_membership(own, node_2, key, given).ok()); }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_node_without_a_name_an_address_or_an_id_founds_nothing) {
  refusing_store disk;
  cluster_store records(disk);
  for (const auto& self : {own_node{"n1", "n1", "10.0.0.1:7551", {}}, own_node{node_1, "n 1", "10.0.0.1:7551", {}},
                           own_node{node_1, "n1", "0.0.0.0:7551", {}}, own_node{node_1, "n1", "10.0.0.1:7551", {{"", ""}}}})
    BOOST_TEST((code_of(found_cluster(records, self, day)) == error_code::invalid_argument));
  BOOST_TEST(!records.cluster().value().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_cluster_is_not_founded_twice_nor_on_a_full_disk, founded) {
  auto refused = found_cluster(records, first, day);
  BOOST_TEST((code_of(refused) == error_code::already_exists));
  BOOST_TEST(refused.failure().message.find(cluster.cluster_id) != std::string::npos);
  refusing_store full;
  full.full = true;
  cluster_store nowhere(full);
  BOOST_TEST((code_of(found_cluster(nowhere, first, day)) == error_code::io_failed));
}

BOOST_FIXTURE_TEST_CASE(the_founder_leads_in_epoch_1_and_is_the_only_member, founded) {
  auto back = own_cluster(records, node_1).value().value();
  BOOST_TEST(back.cluster_id == owner.cluster_id());
  BOOST_TEST(leads(back, node_1));
  BOOST_TEST(back.lead.epoch == 1U);
  BOOST_TEST(check_mandate(back.lead, back.authority_pem).ok());
  auto facts = facts_of(back.node_certificate_pem).value();
  BOOST_TEST(facts.common_name == node_1);
  BOOST_TEST((facts.public_key == private_key::from_pem(back.node_key_pem)->public_key()));
  BOOST_TEST(is_issued_by(back.node_certificate_pem, back.authority_pem));
  auto members = records.members().value();
  BOOST_REQUIRE(members.size() == 1U);
  BOOST_TEST(members[0].name == "n1");
  BOOST_TEST((members[0].public_key == facts.public_key));
  BOOST_TEST(members[0].labels.at("zone") == "a");
}

BOOST_AUTO_TEST_CASE(no_two_clusters_are_the_same) {
  BOOST_TEST(founded().cluster.cluster_id != founded().cluster.cluster_id);
}

BOOST_AUTO_TEST_CASE(a_node_that_belongs_to_no_cluster_has_nothing_to_lead_renew_or_follow) {
  refusing_store disk;
  cluster_store records(disk);
  BOOST_TEST(!own_cluster(records, node_1).value().has_value());
  BOOST_TEST((code_of(take_lead(records, first, day)) == error_code::failed_precondition));
  BOOST_TEST((code_of(save_certificate(records, "")) == error_code::failed_precondition));
  BOOST_TEST((code_of(save_leadership(records, {})) == error_code::failed_precondition));
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_the_leaders_data_neither_leads_nor_is_a_member_by_itself, founded) {
  BOOST_TEST(!leads(cluster, node_2));
  auto refused = own_cluster(records, node_2);
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(refused.failure().message.find("--join") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_restored_copy_takes_the_lead_in_the_next_epoch_under_a_name_of_its_own, founded) {
  auto same_name = second;
  same_name.name = "n1";
  BOOST_TEST((code_of(take_lead(records, same_name, day)) == error_code::already_exists));
  auto taken = take_lead(records, second, day).value();
  BOOST_TEST(leads(taken, node_2));
  BOOST_TEST(taken.lead.epoch == 2U);
  BOOST_TEST(check_mandate(taken.lead, cluster.authority_pem).ok());
  BOOST_TEST(own_cluster(records, node_2).value()->cluster_id == cluster.cluster_id);
  BOOST_TEST(records.members()->size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_member_can_not_take_the_lead, joiner) {
  join();
  BOOST_TEST((code_of(take_lead(own, second, day)) == error_code::failed_precondition));
}

BOOST_FIXTURE_TEST_CASE(a_membership_whose_parts_do_not_belong_together_is_not_kept, joiner) {
  auto others_certificate = given, others_authority = given, others_mandate = given, users = given;
  others_certificate.certificate_pem = owner.issue_node(node_2, private_key::make().public_key(), day).value();
  others_authority.authority_pem = authority::make(cluster.cluster_id, some_day).certificate_pem();
  others_mandate.lead.epoch = 9;
  users.certificate_pem = owner.issue_user("anna", cluster_role::admin, key.public_key(), day).value();
  for (const auto& wrong : {others_certificate, others_authority, users})
    BOOST_TEST((code_of(save_membership(own, node_2, key, wrong)) == error_code::invalid_argument));
  BOOST_TEST((code_of(save_membership(own, node_2, key, others_mandate)) == error_code::permission_denied));
  BOOST_TEST((code_of(save_membership(own, node_1, key, given)) == error_code::invalid_argument));
  BOOST_TEST(!own.cluster().value().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_member_comes_back_by_what_it_kept, joiner) {
  join();
  auto back = own_cluster(own, node_2).value().value();
  BOOST_TEST(back.cluster_id == cluster.cluster_id);
  BOOST_TEST(!leads(back, node_2));
  BOOST_TEST(back.authority_key_pem.empty());
  BOOST_TEST((private_key::from_pem(back.node_key_pem)->public_key() == key.public_key()));
  BOOST_TEST(back.lead.leader_id == node_1);
}

BOOST_FIXTURE_TEST_CASE(a_copy_that_joins_forgets_that_its_original_led, joiner) {
  BOOST_REQUIRE(save_membership(records, node_2, key, given).ok());
  BOOST_TEST(own_cluster(records, node_2).value()->authority_key_pem.empty());
}

BOOST_FIXTURE_TEST_CASE(only_a_certificate_for_its_own_key_is_kept, joiner) {
  join();
  auto later = owner.issue_node(node_2, key.public_key(), {some_day + 12h, 24h}).value();
  BOOST_REQUIRE(save_certificate(own, later).ok());
  BOOST_TEST(own.cluster().value()->node_certificate_pem == later);
  auto other = authority::make(cluster.cluster_id, some_day);
  for (const auto& wrong : {std::string("no certificate"), other.issue_node(node_2, key.public_key(), day).value(),
                            owner.issue_node(node_1, key.public_key(), day).value(),
                            owner.issue_node(node_2, private_key::make().public_key(), day).value()})
    BOOST_TEST((code_of(save_certificate(own, wrong)) == error_code::invalid_argument));
  BOOST_TEST(own.cluster().value()->node_certificate_pem == later);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_was_replaced_forgets_the_authoritys_key, founded) {
  BOOST_REQUIRE(save_leadership(records, owner.grant(2, node_2)).ok());
  auto back = own_cluster(records, node_1).value().value();
  BOOST_TEST(!leads(back, node_1));
  BOOST_TEST(back.authority_key_pem.empty());
  BOOST_TEST(back.lead.leader_id == node_2);
}

BOOST_FIXTURE_TEST_CASE(an_older_epoch_a_second_leader_or_a_false_mandate_is_not_followed, joiner) {
  join();
  BOOST_REQUIRE(save_leadership(own, owner.grant(3, node_1)).ok());
  BOOST_TEST(save_leadership(own, owner.grant(3, node_1)).ok());
  BOOST_TEST((code_of(save_leadership(own, owner.grant(2, node_2))) == error_code::conflict));
  BOOST_TEST((code_of(save_leadership(own, owner.grant(3, node_2))) == error_code::conflict));
  BOOST_TEST((code_of(save_leadership(own, {4, node_2, "signature"})) == error_code::permission_denied));
  BOOST_TEST(own.cluster().value()->lead.epoch == 3U);
  BOOST_TEST(own.cluster().value()->lead.leader_id == node_1);
}
