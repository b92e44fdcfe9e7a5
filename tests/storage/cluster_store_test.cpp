#define BOOST_TEST_MODULE cluster_store
#include "storage/cluster_store.hpp"
#include "storage/record_codec.hpp"
#include "tests/storage/store_places.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string node_1 = std::string(31, 'a') + "1";
const std::string node_2 = std::string(31, 'a') + "2";

member_record member(const std::string& id) {
  member_record record;
  record.node_id = id;
  record.name = "n-" + id.substr(31);
  return record;
}

token_record token(char digit, std::uint32_t uses = 1) {
  token_record record;
  record.secret_sha256 = std::string(64, digit);
  record.uses_left = uses;
  return record;
}

cluster_record cluster() {
  cluster_record record;
  record.cluster_id = std::string(32, 'c');
  record.node_key_pem = "key";
  record.lead.epoch = 1;
  return record;
}

error_code failure_of(store& records, const cluster_change& change) {
  auto done = cluster_store(records).commit(change);
  BOOST_REQUIRE(!done);
  return done.failure().code;
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(what_changed_since_it_was_read_is_a_conflict_and_nothing_is_written, place, places) {
  place here;
  cluster_store tested(here.records());
  BOOST_REQUIRE(tested.commit({cluster(), {member(node_1)}, {token('1')}, {}}).ok());
  BOOST_TEST((failure_of(here.records(), {cluster(), {}, {}, {}}) == error_code::conflict));
  BOOST_TEST((failure_of(here.records(), {{}, {member(node_1)}, {}, {}}) == error_code::conflict));
  auto stale = tested.token(std::string(64, '1')).value().value();
  auto used = stale;
  used.uses_left = 0;
  BOOST_REQUIRE(tested.commit({{}, {}, {used}, {}}).ok());
  BOOST_TEST((failure_of(here.records(), {{}, {member(node_2)}, {stale}, {}}) == error_code::conflict));
  BOOST_TEST((failure_of(here.records(), {{}, {}, {}, {stale}}) == error_code::conflict));
  BOOST_TEST(tested.members()->size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_has_no_key_of_its_own_is_refused, place, places) {
  place here;
  auto nobody = member(node_1);
  nobody.node_id = "Anna";
  auto nothing = token('1');
  nothing.secret_sha256 = "secret";
  for (const auto& change : {cluster_change{{}, {nobody}, {}, {}}, cluster_change{{}, {}, {nothing}, {}},
                             cluster_change{{}, {}, {}, {nothing}}, cluster_change{}})
    BOOST_TEST((failure_of(here.records(), change) == error_code::invalid_argument));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_not_there_is_nothing, place, places) {
  place here;
  cluster_store tested(here.records());
  BOOST_TEST(!tested.cluster().value().has_value());
  BOOST_TEST(tested.members()->empty());
  BOOST_TEST(tested.tokens()->empty());
  BOOST_TEST(!tested.member(node_1).value().has_value());
  BOOST_TEST(!tested.member("no id").value().has_value());
  BOOST_TEST(!tested.token(std::string(64, '1')).value().has_value());
  BOOST_TEST(!tested.token("no hash").value().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(garbage_and_what_stands_under_the_key_of_another_are_corrupt, place, places) {
  place here;
  cluster_store tested(here.records());
  transaction wrong;
  wrong.put(column_family::cluster, "cluster", "garbage");
  wrong.put(column_family::members, node_1, encode(member(node_2)));
  wrong.put(column_family::tokens, std::string(64, '1'), encode(token('2')));
  BOOST_REQUIRE(here.records().commit(wrong).ok());
  BOOST_TEST((tested.cluster().failure().code == error_code::corrupt));
  BOOST_TEST((tested.member(node_1).failure().code == error_code::corrupt));
  BOOST_TEST((tested.members().failure().code == error_code::corrupt));
  BOOST_TEST((tested.token(std::string(64, '1')).failure().code == error_code::corrupt));
  BOOST_TEST((tested.tokens().failure().code == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_committed_is_there_after_a_crash, place, places) {
  place here;
  auto revision = cluster_store(here.records())
                      .commit({cluster(), {member(node_2), member(node_1)}, {token('1'), token('2', 9)}, {}})
                      .value();
  here.start_again();
  cluster_store tested(here.records());
  auto back = tested.cluster().value().value();
  BOOST_TEST(back.node_key_pem == "key");
  BOOST_TEST(back.revision == revision);
  auto members = tested.members().value();
  BOOST_REQUIRE(members.size() == 2U);
  BOOST_TEST(members[0].node_id == node_1);
  BOOST_TEST(members[1].revision == revision);
  BOOST_TEST(tested.token(std::string(64, '2')).value()->uses_left == 9U);
  BOOST_TEST(tested.token(std::string(64, '2')).value()->revision == revision);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_user_is_kept_and_can_be_erased, place, places) {
  place here;
  user_record anna{cluster_role::client,
                   "anna",
                   wall_time(std::chrono::seconds(1)),
                   wall_time(std::chrono::seconds(2)),
                   "0123",
                   wall_time(std::chrono::seconds(3))};
  cluster_change change;
  change.users = {anna, anna};
  change.users[1].role = cluster_role::admin;
  BOOST_REQUIRE(cluster_store(here.records()).commit(change).ok());
  here.start_again();
  cluster_store tested(here.records());
  auto back = tested.users().value();
  BOOST_REQUIRE(back.size() == 2U);
  BOOST_TEST((back[0].role == cluster_role::admin));
  BOOST_TEST(back[1].token_id == "0123");
  BOOST_TEST((back[1].given == anna.given && back[1].expires == anna.expires && back[1].revoked == anna.revoked));
  cluster_change again;
  again.erased_users = {back[0]};
  BOOST_REQUIRE(tested.commit(again).ok());
  BOOST_TEST((failure_of(here.records(), again) == error_code::conflict));
  BOOST_TEST(tested.users().value().size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_erased_token_is_gone_and_the_others_stay, place, places) {
  place here;
  cluster_store tested(here.records());
  BOOST_REQUIRE(tested.commit({{}, {}, {token('1'), token('2')}, {}}).ok());
  BOOST_REQUIRE(tested.commit({{}, {}, {}, {tested.token(std::string(64, '1')).value().value()}}).ok());
  auto left = tested.tokens().value();
  BOOST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0].secret_sha256 == std::string(64, '2'));
}
