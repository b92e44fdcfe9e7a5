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
  auto checked = check_store_format(disk, "cd34", at(2));
  BOOST_REQUIRE(!checked);
  BOOST_TEST((checked.failure().code == error_code::failed_precondition));
  BOOST_TEST(checked.failure().message
             == "the store has format " + std::to_string(schema::FORMAT_VERSION + 41) + ", and this troupe reads up to "
                    + std::to_string(schema::FORMAT_VERSION) + "; use a newer troupe or another --data");
}

BOOST_AUTO_TEST_CASE(a_garbled_node_record_is_corrupt) {
  memory_store disk;
  write_node(disk, "garbage");
  BOOST_TEST((check_store_format(disk, "cd34", at(2)).failure().code == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_store_with_records_but_without_a_node_record_is_corrupt) {
  memory_store disk;
  disk.commit(transaction().put(column_family::deployments, "digits", "x")).value();
  BOOST_TEST((check_store_format(disk, "cd34", at(2)).failure().code == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_new_store_is_given_its_identity_once) {
  memory_store disk;
  BOOST_TEST(check_store_format(disk, "ab12", at(1)).value().node_id == "ab12");
  disk.crash(0);
  auto again = check_store_format(disk, "cd34", at(2)).value();
  BOOST_TEST(again.node_id == "ab12");
  BOOST_TEST((again.created == at(1)));
  BOOST_TEST(again.format_version == schema::FORMAT_VERSION);
}
