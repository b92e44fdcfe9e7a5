#define BOOST_TEST_MODULE memory_store
#include "storage/memory_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

void put(store& to, const std::string& key, durability persistence) {
  auto change = transaction().put(column_family::events, key, "");
  change.persistence = persistence;
  to.commit(change).value();
}

bool has(const store& in, const std::string& key) {
  return in.get(column_family::events, key).value().has_value();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_crash_takes_what_was_not_synced) {
  memory_store tested;
  put(tested, "a", durability::synced);
  put(tested, "b", durability::batched);
  BOOST_TEST(tested.unsynced() == 1);
  tested.crash(0);
  BOOST_TEST(has(tested, "a"));
  BOOST_TEST(!has(tested, "b"));
  BOOST_TEST(tested.snapshot().value()->revision() == 1);
}

BOOST_AUTO_TEST_CASE(a_crash_may_leave_the_oldest_of_what_was_not_synced) {
  memory_store tested;
  for (auto key : {"a", "b", "c"})
    put(tested, key, durability::batched);
  tested.crash(2);
  BOOST_TEST(has(tested, "a"));
  BOOST_TEST(has(tested, "b"));
  BOOST_TEST(!has(tested, "c"));
  tested.crash(0);
  BOOST_TEST(has(tested, "b"));
}

BOOST_AUTO_TEST_CASE(a_synced_transaction_takes_all_before_it_along) {
  memory_store tested;
  put(tested, "a", durability::batched);
  put(tested, "b", durability::synced);
  BOOST_TEST(tested.unsynced() == 0);
  tested.crash(0);
  BOOST_TEST(has(tested, "a"));
}
