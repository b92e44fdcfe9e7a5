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
const std::string node_3 = std::string(31, 'a') + "3";

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
  /// What it knows.
  own_membership self() { return {node_2, own.cluster().value().value(), own.members().value()}; }
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

BOOST_AUTO_TEST_CASE(a_node_that_belongs_to_no_cluster_has_nothing_to_renew_or_follow) {
  refusing_store disk;
  cluster_store records(disk);
  BOOST_TEST(!own_cluster(records, node_1).value().has_value());
  BOOST_TEST((code_of(save_certificate(records, "")) == error_code::failed_precondition));
  BOOST_TEST((code_of(save_leadership(records, {})) == error_code::failed_precondition));
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_the_leaders_data_neither_leads_nor_is_a_member_by_itself, founded) {
  BOOST_TEST(!leads(cluster, node_2));
  auto refused = own_cluster(records, node_2);
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(refused.failure().message.find("--join") != std::string::npos);
  BOOST_TEST(refused.failure().message.find("restore its backup with --lead") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_member_takes_the_lead_by_the_leaders_backup_in_an_epoch_above_all_that_either_knows, joiner) {
  join();
  auto taken = take_lead(records, self(), day).value();
  BOOST_TEST(leads(taken.record, node_2));
  BOOST_TEST(taken.record.lead.epoch == 2U);
  BOOST_TEST(check_mandate(taken.record.lead, cluster.authority_pem).ok());
  auto back = own_cluster(records, node_2).value().value();
  BOOST_TEST(back.cluster_id == cluster.cluster_id);
  BOOST_TEST(back.node_key_pem == own.cluster().value()->node_key_pem); // it stays who it is
  BOOST_TEST(is_issued_by(back.node_certificate_pem, back.authority_pem));
  BOOST_TEST(taken.warnings.empty());
}

BOOST_FIXTURE_TEST_CASE(a_new_node_inherits_the_lead_and_the_node_that_led_counts_as_removed, founded) {
  auto before = records.member(node_1).value().value();
  auto taken = inherit_lead(records, node_3, day).value();
  BOOST_TEST(leads(taken.record, node_3));
  BOOST_TEST(taken.record.lead.epoch == 2U);
  BOOST_TEST(taken.record.node_key_pem != cluster.node_key_pem);
  BOOST_REQUIRE(taken.warnings.size() == 1U);
  BOOST_TEST(taken.warnings[0].find("in the place of node " + node_1) != std::string::npos, taken.warnings[0]);
  auto heir = records.member(node_3).value().value();
  BOOST_TEST(heir.name == before.name);
  BOOST_TEST(heir.address == before.address);
  BOOST_TEST((heir.public_key == facts_of(taken.record.node_certificate_pem)->public_key));
  BOOST_TEST(records.member(node_1).value()->removed);
  BOOST_TEST(own_cluster(records, node_3).value().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_backup_of_an_earlier_leader_is_taken_with_a_warning_if_that_is_wanted, joiner) {
  join();
  BOOST_REQUIRE(save_leadership(own, owner.grant(4, node_1)).ok());
  auto refused = take_lead(records, self(), day);
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(refused.failure().message.find("has led since in epoch 4") != std::string::npos);
  BOOST_TEST(refused.failure().message.find("--yes") != std::string::npos);
  auto displacing = self();
  displacing.displaces = true;
  auto taken = take_lead(records, displacing, day).value();
  BOOST_TEST(taken.record.lead.epoch == 5U);
  BOOST_REQUIRE(taken.warnings.size() == 1U);
  BOOST_TEST(taken.warnings[0]
             == "the backup is of epoch 1, and node " + node_1 + " has led since in epoch 4: what was changed under it is lost");
}

BOOST_FIXTURE_TEST_CASE(who_came_or_went_after_the_backup_stays_so_and_is_told_of, joiner) {
  join();
  member_record me{node_2, "n2", "10.0.0.2:7551", "a key", {}, some_day};
  member_record late{node_3, "n3", "10.0.0.3:7551", "a key", {}, some_day};
  auto founder = records.member(node_1).value().value();
  founder.removed = true;
  BOOST_REQUIRE(keep_members(own, {me, late, founder}).ok());
  auto taken = take_lead(records, self(), day).value();
  BOOST_TEST(taken.warnings
                 == (std::vector<std::string>{"node n1 was removed after the backup: it stays removed",
                                              "node n3 joined after the backup: it stays a member"}),
             boost::test_tools::per_element());
  BOOST_TEST(records.member(node_1).value()->removed);
  BOOST_TEST(records.member(node_2).value()->name == "n2");
  BOOST_TEST(records.member(node_3).value()->address == "10.0.0.3:7551");
}

BOOST_FIXTURE_TEST_CASE(tokens_of_the_backup_are_revoked_when_another_takes_the_lead, joiner) {
  join();
  token_record good;
  good.secret_sha256 = std::string(64, 'a');
  good.expires = some_day + 1h;
  good.uses_left = 1;
  auto used = good;
  used.secret_sha256 = std::string(64, 'b');
  used.uses_left = 0;
  BOOST_REQUIRE(records.commit({{}, {}, {good, used}, {}}).ok());
  auto taken = take_lead(records, self(), day).value();
  BOOST_REQUIRE(taken.warnings.size() == 1U);
  BOOST_TEST(taken.warnings[0].find("token aaaaaaaaaaaa is revoked") == 0U);
  BOOST_TEST(records.token(good.secret_sha256).value()->revoked);
  BOOST_TEST(!records.token(used.secret_sha256).value()->revoked);
}

BOOST_FIXTURE_TEST_CASE(nobody_takes_the_lead_by_a_backup_that_does_not_hold_it, joiner) {
  join();
  auto refusal = [this](cluster_store& backup) {
    auto refused = take_lead(backup, self(), day);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.failure().code == error_code::failed_precondition));
    return refused.failure().message;
  };
  refusing_store none;
  cluster_store alone(none);
  BOOST_TEST(refusal(alone).find("belongs to no cluster") != std::string::npos);
  founded other;
  BOOST_TEST(refusal(other.records).find("the backup is of cluster " + other.cluster.cluster_id) == 0U);
  BOOST_TEST(refusal(own).find("a node that didn't lead") != std::string::npos);
  BOOST_TEST((code_of(inherit_lead(own, node_3, day)) == error_code::failed_precondition));
  BOOST_TEST((code_of(inherit_lead(alone, node_3, day)) == error_code::failed_precondition));
  BOOST_REQUIRE(keep_members(records, {member_record{node_2, "n2", "10.0.0.2:7551", "a key", {}, some_day, true}}).ok());
  BOOST_TEST(refusal(records) == "this node was removed from the cluster; run it on another member");
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_the_lead_where_it_was, joiner) {
  join();
  disk.full = true;
  BOOST_TEST((code_of(take_lead(records, self(), day)) == error_code::io_failed));
  BOOST_TEST(leads(*records.cluster().value(), node_1));
}

BOOST_FIXTURE_TEST_CASE(a_node_asks_to_join_with_one_key_until_it_was_let_in, joiner) {
  auto first_try = joining_key(own, cluster.cluster_id).value();
  BOOST_TEST((joining_key(own, cluster.cluster_id)->public_key() == first_try.public_key()));
  BOOST_TEST((joining_key(own, std::string(32, 'd'))->public_key() != first_try.public_key()));
  BOOST_TEST(!own_cluster(own, node_2).value().has_value()); // asking isn't being in
  join();
  BOOST_TEST(!own.joining().value().has_value());
  own_disk.full = true;
  BOOST_TEST((code_of(joining_key(own, cluster.cluster_id)) == error_code::io_failed));
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
