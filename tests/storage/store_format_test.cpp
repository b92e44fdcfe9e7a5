#define BOOST_TEST_MODULE store_format
#include "storage/memory_store.hpp"
#include "storage/record_codec.hpp"
#include "storage/store_format.hpp"

#include "schemas/records.capnp.h"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

void write_node(store& to, const std::string& value) {
  to.commit(transaction().put(column_family::node, "node", value)).value();
}

wall_time at(std::int64_t ns) {
  return wall_time(std::chrono::nanoseconds(ns));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_store_of_a_newer_format_is_refused_naming_both) {
  memory_store disk;
  write_node(disk, encode(node_record{schema::FORMAT_VERSION + 41, "ab12", at(1)}));
  auto checked = check_store_format(disk, {"cd34", "m1"}, at(2));
  BOOST_REQUIRE(!checked);
  BOOST_TEST((checked.failure().code == error_code::failed_precondition));
  BOOST_TEST(checked.failure().message
             == "the store has format " + std::to_string(schema::FORMAT_VERSION + 41) + ", and this troupe reads up to "
                    + std::to_string(schema::FORMAT_VERSION) + "; use a newer troupe or another --data");
}

BOOST_AUTO_TEST_CASE(a_garbled_node_record_is_corrupt) {
  memory_store disk;
  write_node(disk, "garbage");
  BOOST_TEST((check_store_format(disk, {"cd34", "m1"}, at(2)).failure().code == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_store_with_records_but_without_a_node_record_is_corrupt) {
  memory_store disk;
  disk.commit(transaction().put(column_family::deployments, "digits", "x")).value();
  BOOST_TEST((check_store_format(disk, {"cd34", "m1"}, at(2)).failure().code == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_new_store_is_given_its_identity_once) {
  memory_store disk;
  BOOST_TEST(check_store_format(disk, {"ab12", "m1"}, at(1)).value().node_id == "ab12");
  disk.crash(0);
  auto again = check_store_format(disk, {"cd34", "m1"}, at(2)).value();
  BOOST_TEST(again.node_id == "ab12");
  BOOST_TEST((again.created == at(1)));
  BOOST_TEST(again.format_version == schema::FORMAT_VERSION);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_machine_is_refused_with_what_to_do) {
  memory_store disk;
  BOOST_REQUIRE(check_store_format(disk, {"ab12", std::string(64, '1')}, at(1)).ok());
  auto checked = check_store_format(disk, {"cd34", std::string(64, '2')}, at(2));
  BOOST_REQUIRE(!checked);
  BOOST_TEST((checked.failure().code == error_code::failed_precondition));
  BOOST_TEST(
      checked.failure().message
      == "this data folder belongs to machine 111111111111, and this is 222222222222; start once with --adopt if this machine "
         "takes its place; to make a second node, restore a backup instead");
}

BOOST_AUTO_TEST_CASE(a_machine_that_adopts_a_store_keeps_its_node_and_needs_to_say_so_once) {
  memory_store disk;
  BOOST_REQUIRE(check_store_format(disk, {"ab12", "m1"}, at(1)).ok());
  BOOST_TEST(check_store_format(disk, {"cd34", "m2", true}, at(2)).value().node_id == "ab12");
  BOOST_TEST(check_store_format(disk, {"cd34", "m2"}, at(3)).ok());
  BOOST_TEST((check_store_format(disk, {"cd34", "m1"}, at(3)).failure().code == error_code::failed_precondition));
}

BOOST_AUTO_TEST_CASE(a_store_that_knows_no_machine_takes_the_first_that_opens_it) {
  memory_store disk;
  write_node(disk, encode(node_record{schema::FORMAT_VERSION, "ab12", at(1)}));
  BOOST_TEST(check_store_format(disk, {"cd34", "m1"}, at(2)).value().machine_id == "m1");
  BOOST_TEST(!check_store_format(disk, {"cd34", "m2"}, at(2)).ok());
}

BOOST_AUTO_TEST_CASE(a_machine_without_an_id_is_not_compared) {
  memory_store disk;
  BOOST_REQUIRE(check_store_format(disk, {"ab12", "m1"}, at(1)).ok());
  BOOST_TEST(check_store_format(disk, {"cd34", ""}, at(2)).value().machine_id == "m1");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_given_a_new_identity_belongs_to_no_machine_yet) {
  memory_store disk;
  BOOST_REQUIRE(check_store_format(disk, {"ab12", "m1"}, at(1)).ok());
  BOOST_REQUIRE(give_identity(disk, "ef56", at(2)).ok());
  auto checked = check_store_format(disk, {"cd34", "m2"}, at(3)).value();
  BOOST_TEST(checked.node_id == "ef56");
  BOOST_TEST(checked.machine_id == "m2");
}

BOOST_AUTO_TEST_CASE(an_empty_store_can_not_be_given_a_new_identity) {
  memory_store disk;
  BOOST_TEST((give_identity(disk, "ef56", at(2)).failure().code == error_code::corrupt));
}
