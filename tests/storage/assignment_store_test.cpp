#define BOOST_TEST_MODULE assignment_store
#include "schemas/records.capnp.h"
#include "storage/assignment_codec.hpp"
#include "storage/assignment_store.hpp"
#include "storage/keys.hpp"
#include "tests/storage/store_places.hpp"

#include <boost/test/unit_test.hpp>
#include <capnp/message.h>
#include <capnp/serialize.h>

using namespace troupe;
using namespace troupe::test;

namespace {

/// `pools` of them, each with so much of a model.toml.
assignment orders(std::size_t pools = 1, std::size_t toml_bytes = 10) {
  assignment made;
  made.by = {7, "n1", std::string("\0signed\xff", 8)};
  made.revision = 11;
  for (std::size_t i = 0; i < pools; ++i)
    made.pools.push_back({{"digits", static_cast<version_number>(i + 1)},
                          45,
                          std::string(64, 'a'),
                          std::string(64, 'b'),
                          std::string(toml_bytes, 'x'),
                          5,
                          true,
                          true,
                          true});
  split_order split{9, 3,  50,   20,    {split_key_kind::header, "x-user"}, always_rule{"anna", "x-canary", "yes"},
                    4, {}, true, {1, 4}};
  split.looks.resize(2);
  split.looks[0].kind = check_kind::finite_outputs;
  split.looks[1].kind = check_kind::disagreement;
  split.looks[1].output = "scores";
  split.looks[1].by = output_look::bytes;
  split.looks[1].within = 0.25;
  made.routes = {{"faces",
                  {error_code::unavailable, "on its way"},
                  {2, "max_batch = 8\n", {{"n1", 6}, {"n2", 8}}},
                  route_arm{3, "max_batch = 9\n", {{"n3", 1}}},
                  split,
                  {{1, "max_batch = 1\n", {}}, {4, "max_batch = 4\n", {{"n4", 2}}}}}};
  return made;
}

void put(store& records, std::uint64_t part, std::string bytes) {
  BOOST_REQUIRE(records.commit(transaction().put(column_family::assignment, number_key(part), std::move(bytes))).ok());
}

error_code failure_of(store& records) {
  auto loaded = assignment_store(records).load();
  BOOST_REQUIRE(!loaded);
  return loaded.failure().code;
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_larger_than_may_be_is_refused_and_the_one_before_stays, place, places) {
  place here;
  assignment_store tested(here.records());
  BOOST_REQUIRE(tested.save(orders()).ok());
  auto saved = tested.save(orders(9, 1 << 20));
  BOOST_REQUIRE(!saved);
  BOOST_TEST((saved.failure().code == error_code::invalid_argument));
  BOOST_TEST(tested.load().value()->pools.size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(garbage_and_a_record_without_its_end_are_corrupt_and_the_next_mends_it, place, places) {
  place here;
  put(here.records(), 0, "garbage!");
  BOOST_TEST((failure_of(here.records()) == error_code::corrupt));
  assignment_store tested(here.records());
  BOOST_REQUIRE(tested.save(orders(3, 400'000)).ok());
  BOOST_REQUIRE(here.records().commit(transaction().erase(column_family::assignment, number_key(1))).ok());
  BOOST_TEST((failure_of(here.records()) == error_code::corrupt));
  BOOST_REQUIRE(tested.save(orders()).ok());
  BOOST_TEST(tested.load().value()->revision == 11U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_no_assignment_says_is_corrupt, place, places) {
  place here;
  auto wrong = orders();
  wrong.pools[0].artifact_sha256 = "../../etc/passwd";
  BOOST_REQUIRE(assignment_store(here.records()).save(wrong).ok());
  BOOST_TEST((failure_of(here.records()) == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_of_a_newer_release_is_told_apart, place, places) {
  place here;
  capnp::MallocMessageBuilder message;
  message.initRoot<schema::KeptAssignment>().setFormatVersion(schema::KEPT_ASSIGNMENT_VERSION + 1);
  auto words = capnp::messageToFlatArray(message);
  put(here.records(), 0, {words.asChars().begin(), words.asChars().size()});
  BOOST_TEST((failure_of(here.records()) == error_code::failed_precondition));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_kept_is_nothing, place, places) {
  place here;
  BOOST_TEST(!assignment_store(here.records()).load().value().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_kept_is_there_whole_after_a_crash, place, places) {
  place here;
  BOOST_REQUIRE(assignment_store(here.records()).save(orders()).ok());
  here.start_again();
  auto back = assignment_store(here.records()).load().value().value();
  auto wanted = orders();
  BOOST_TEST(back.by.epoch == 7U);
  BOOST_TEST(back.by.leader_id == "n1");
  BOOST_TEST(back.by.signature == wanted.by.signature);
  BOOST_TEST(back.revision == 11U);
  BOOST_REQUIRE(back.pools.size() == 1U);
  BOOST_TEST((back.pools[0].id == version_id{"digits", 1}));
  BOOST_TEST(back.pools[0].fingerprint == 45U);
  BOOST_TEST(back.pools[0].golden_sha256 == wanted.pools[0].golden_sha256);
  BOOST_TEST(back.pools[0].replicas == 5U);
  BOOST_TEST(back.pools[0].may_start);
  BOOST_TEST(back.pools[0].proven);
  BOOST_TEST(back.pools[0].judged);
  BOOST_REQUIRE(back.routes.size() == 1U);
  BOOST_TEST(back.routes[0].live.version == 2U);
  BOOST_TEST((back.routes[0].why_not == wanted.routes[0].why_not));
  BOOST_REQUIRE(back.routes[0].live.shares.size() == 2U);
  BOOST_TEST(back.routes[0].live.shares[1].node_id == "n2");
  BOOST_REQUIRE(back.routes[0].candidate);
  BOOST_TEST(back.routes[0].candidate->model_toml == "max_batch = 9\n");
  BOOST_TEST(back.routes[0].candidate->shares.at(0).node_id == "n3");
  const auto& split = back.routes[0].split;
  BOOST_TEST(split.number == 9U);
  BOOST_TEST(split.candidate == 3U);
  BOOST_TEST(split.weight == 50U);
  BOOST_TEST(split.copies == 20U);
  BOOST_TEST((split.key.kind == split_key_kind::header));
  BOOST_TEST(split.key.header == "x-user");
  BOOST_TEST(split.always->caller == "anna");
  BOOST_TEST(split.always->header_value == "yes");
  BOOST_TEST(split.fuse == 4U);
  BOOST_TEST(split.takes_rewards);
  BOOST_TEST((split.others == std::vector<version_number>{1, 4}));
  BOOST_REQUIRE(back.routes[0].others.size() == 2U);
  BOOST_TEST(back.routes[0].others[1].version == 4U);
  BOOST_TEST(back.routes[0].others[1].shares.at(0).node_id == "n4");
  BOOST_REQUIRE(split.looks.size() == 2U);
  BOOST_TEST((split.looks[0].kind == check_kind::finite_outputs));
  BOOST_TEST((split.looks[1].kind == check_kind::disagreement));
  BOOST_TEST(split.looks[1].output == "scores");
  BOOST_TEST((split.looks[1].by == output_look::bytes));
  BOOST_TEST(split.looks[1].within == 0.25);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_that_takes_several_parts_is_whole_and_a_shorter_one_leaves_nothing_of_it, place, places) {
  place here;
  assignment_store tested(here.records());
  BOOST_REQUIRE(tested.save(orders(7, 1'000'000)).ok());
  BOOST_TEST(tested.load().value()->pools[6].model_toml.size() == 1'000'000U);
  BOOST_REQUIRE(tested.save(orders()).ok());
  BOOST_TEST(tested.load().value()->pools.size() == 1U);
}
