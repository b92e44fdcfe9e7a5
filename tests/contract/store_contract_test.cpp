#define BOOST_TEST_MODULE store_contract
#include "tests/contract/store_contract.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr auto family = column_family::deployments;
constexpr auto other_family = column_family::versions;

revision_number put(store& to, const std::string& key, const std::string& value) {
  return to.commit(transaction().put(family, key, value)).value();
}

std::string value_of(const store_reader& from, const std::string& key) {
  auto found = from.get(family, key).value();
  return found ? found->value : "(none)";
}

std::string keys_of(const store_reader& from, const key_range& range, std::size_t limit, scan_order order) {
  std::string keys;
  for (const auto& row : from.scan(family, range, limit, order).value())
    keys += row.key + " ";
  return keys;
}

error_code failure_of(store& to, const transaction& change) {
  auto done = to.commit(change);
  BOOST_REQUIRE(!done);
  return done.failure().code;
}

std::string binary(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

} // namespace

// -- what is refused
// -------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_that_another_writer_changed_is_a_conflict, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto first = put(tested, "digits", "1");
  auto second = put(tested, "digits", "2");
  BOOST_TEST(
      (failure_of(tested, transaction().expect(family, "digits", first).put(family, "digits", "3")) == error_code::conflict));
  BOOST_TEST(value_of(tested, "digits") == "2");
  BOOST_TEST(tested.commit(transaction().expect(family, "digits", second).put(family, "digits", "3")).ok());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_expected_absent_that_is_there_is_a_conflict, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto create = transaction().expect(family, "digits", 0).put(family, "digits", "1");
  BOOST_TEST(tested.commit(create).ok());
  BOOST_TEST((failure_of(tested, create) == error_code::conflict));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_deleted_key_expected_present_is_a_conflict, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto written = put(tested, "digits", "1");
  BOOST_TEST(tested.commit(transaction().erase(family, "digits")).ok());
  BOOST_TEST(
      (failure_of(tested, transaction().expect(family, "digits", written).put(family, "digits", "2")) == error_code::conflict));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_expectation_that_fails_undoes_the_whole_transaction, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto good = put(tested, "a", "1");
  auto change = transaction().expect(family, "a", good).expect(family, "b", 99);
  change.put(family, "a", "2").put(other_family, "b", "2").erase(family, "c");
  BOOST_TEST((failure_of(tested, change) == error_code::conflict));
  BOOST_TEST(value_of(tested, "a") == "1");
  BOOST_TEST(!tested.get(other_family, "b").value().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_transaction_over_a_limit_is_refused, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  std::vector<transaction> refused = {
      transaction(),
      transaction().put(family, "", "1"),
      transaction().put(family, std::string(store_limits::key_bytes_max + 1, 'k'), "1"),
      transaction().put(family, "k", std::string(store_limits::value_bytes_max + 1, 'v')),
      transaction().put(family, "k", "1").erase(family, "k"),
      transaction().expect(family, "", 0).put(family, "k", "1"),
  };
  transaction many, large;
  for (std::size_t i = 0; i <= store_limits::operations_max; ++i)
    many.put(family, std::to_string(i), "");
  for (std::size_t i = 0; i <= store_limits::transaction_bytes_max / store_limits::value_bytes_max; ++i)
    large.put(family, std::to_string(i), std::string(store_limits::value_bytes_max, 'v'));
  refused.push_back(many);
  refused.push_back(large);
  for (const auto& change : refused)
    BOOST_TEST((failure_of(tested, change) == error_code::invalid_argument));
  BOOST_TEST(keys_of(tested, keys_with_prefix(""), 1, scan_order::ascending).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_scan_without_a_limit_or_over_it_is_refused, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  for (auto limit : {std::size_t(0), store_limits::scan_entries_max + 1}) {
    auto found = tested.scan(family, keys_with_prefix(""), limit, scan_order::ascending);
    BOOST_REQUIRE(!found);
    BOOST_TEST((found.failure().code == error_code::invalid_argument));
  }
}

// -- transactions
// ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(an_absent_key_is_nothing_and_no_error, maker, all_stores) {
  maker stores;
  auto found = stores.made().get(family, "nobody");
  BOOST_REQUIRE(found.ok());
  BOOST_TEST(!found->has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_is_stamped_with_the_revision_that_wrote_it, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto first = put(tested, "a", "1");
  auto second = put(tested, "b", "2");
  BOOST_TEST(second > first);
  BOOST_TEST(tested.get(family, "a").value()->modified == first);
  BOOST_TEST(tested.get(family, "b").value()->modified == second);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_and_values_may_be_any_bytes, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto key = binary({0, 255, 0}), value = binary({0, 1, 0, 200});
  put(tested, key, value);
  put(tested, "empty", "");
  BOOST_TEST((value_of(tested, key) == value));
  BOOST_TEST(value_of(tested, "empty") == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_belongs_to_its_column_family, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  BOOST_TEST(tested.commit(transaction().put(family, "k", "1").put(other_family, "k", "2")).ok());
  BOOST_TEST(tested.commit(transaction().erase(family, "k")).ok());
  BOOST_TEST(value_of(tested, "k") == "(none)");
  BOOST_TEST(tested.get(other_family, "k").value()->value == "2");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(deleting_what_is_not_there_succeeds, maker, all_stores) {
  maker stores;
  BOOST_TEST(stores.made().commit(transaction().erase(family, "nobody")).ok());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(writers_that_race_on_one_key_lose_no_update, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  put(tested, "count", "0");
  constexpr int writers = 4, updates = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&] {
      for (int done = 0; done < updates;) {
        auto seen = *tested.get(family, "count").value();
        transaction change;
        change.persistence = durability::batched;
        change.expect(family, "count", seen.modified).put(family, "count", std::to_string(std::stoi(seen.value) + 1));
        done += tested.commit(change).ok() ? 1 : 0;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(value_of(tested, "count") == std::to_string(writers * updates));
}

// -- scans
// -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_scan_gives_its_range_in_order_up_to_its_limit, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  for (auto key : {"c", "a", "e", "b", "d"})
    put(tested, key, "");
  BOOST_TEST(keys_of(tested, {"b", "e"}, 9, scan_order::ascending) == "b c d ");
  BOOST_TEST(keys_of(tested, {"b", "e"}, 9, scan_order::descending) == "d c b ");
  BOOST_TEST(keys_of(tested, {"b", "e"}, 2, scan_order::ascending) == "b c ");
  BOOST_TEST(keys_of(tested, {"b", "e"}, 2, scan_order::descending) == "d c ");
  BOOST_TEST(keys_of(tested, {"c", ""}, 9, scan_order::ascending) == "c d e ");
  BOOST_TEST(keys_of(tested, {"", ""}, 1, scan_order::descending) == "e ");
  BOOST_TEST(keys_of(tested, {"e", "b"}, 9, scan_order::ascending) == "");
  BOOST_TEST(keys_of(tested, {"x", "y"}, 9, scan_order::descending) == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_are_ordered_as_unsigned_bytes, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  auto low = binary({0x7f}), high = binary({0x80}), highest = binary({0xff, 0xff});
  for (const auto& key : {highest, low, high})
    put(tested, key, "");
  auto rows = tested.scan(family, keys_with_prefix(""), 9, scan_order::ascending).value();
  BOOST_REQUIRE(rows.size() == 3);
  BOOST_TEST((rows[0].key == low && rows[1].key == high && rows[2].key == highest));
  BOOST_TEST(tested.scan(family, keys_with_prefix(binary({0xff})), 9, scan_order::ascending)->size() == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_prefix_takes_its_keys_and_no_neighbours, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  for (auto key : {"di", "dig", "digits", "dih", "e"})
    put(tested, key, "");
  BOOST_TEST(keys_of(tested, keys_with_prefix("dig"), 9, scan_order::ascending) == "dig digits ");
}

// -- snapshots
// -------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_snapshot_stays_as_it_was, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  put(tested, "a", "old");
  auto written = put(tested, "b", "old");
  auto then = tested.snapshot().value();
  tested.commit(transaction().put(family, "a", "new").erase(family, "b").put(family, "c", "new")).value();
  BOOST_TEST(then->revision() == written);
  BOOST_TEST(value_of(*then, "a") == "old");
  BOOST_TEST(value_of(*then, "b") == "old");
  BOOST_TEST(keys_of(*then, keys_with_prefix(""), 9, scan_order::ascending) == "a b ");
  BOOST_TEST(tested.snapshot().value()->revision() > written);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_store_is_at_revision_0, maker, all_stores) {
  maker stores;
  BOOST_TEST(stores.made().snapshot().value()->revision() == 0);
}

// -- watches
// ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_watch_is_told_what_changed_under_its_prefix, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  std::vector<std::pair<revision_number, std::vector<mutation>>> told;
  auto watching = tested.watch(family, "di",
                               [&](revision_number at, const std::vector<mutation>& changes) { told.emplace_back(at, changes); });
  auto change =
      transaction().put(family, "digits", "1").erase(family, "dino").put(family, "cats", "1").put(other_family, "di", "1");
  auto at = tested.commit(change).value();
  put(tested, "cats", "2");
  BOOST_REQUIRE(told.size() == 1);
  BOOST_TEST(told[0].first == at);
  BOOST_REQUIRE(told[0].second.size() == 2);
  BOOST_TEST(told[0].second[0].key == "digits");
  BOOST_TEST(told[0].second[0].value.value() == "1");
  BOOST_TEST(told[0].second[1].key == "dino");
  BOOST_TEST(!told[0].second[1].value.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_refused_transaction_is_told_to_nobody, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  int told = 0;
  auto watching = tested.watch(family, "", [&](revision_number, const std::vector<mutation>&) { ++told; });
  BOOST_TEST((failure_of(tested, transaction().expect(family, "a", 7).put(family, "a", "1")) == error_code::conflict));
  BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_destroyed_watch_is_told_nothing, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  int told = 0;
  auto watching = tested.watch(family, "", [&](revision_number, const std::vector<mutation>&) { ++told; });
  put(tested, "a", "1");
  watching.reset();
  put(tested, "a", "2");
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(watches_are_told_in_order_whoever_commits, maker, all_stores) {
  maker stores;
  auto& tested = stores.made();
  std::vector<revision_number> told;
  auto watching = tested.watch(family, "", [&](revision_number at, const std::vector<mutation>&) { told.push_back(at); });
  constexpr int writers = 4, commits = 50;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&, i] {
      for (int done = 0; done < commits; ++done) {
        auto change = transaction().put(family, std::to_string(i), std::to_string(done));
        change.persistence = durability::batched;
        if (!tested.commit(change))
          return;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(told.size() == writers * commits);
  BOOST_TEST(std::is_sorted(told.begin(), told.end()));
}

// -- restarts
// --------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_synced_is_there_after_a_restart, maker, all_stores) {
  maker stores;
  auto batched = transaction().put(family, "before", "1");
  batched.persistence = durability::batched;
  stores.made().commit(batched).value();
  auto synced = put(stores.made(), "digits", "1");
  stores.restart();
  BOOST_TEST(value_of(stores.made(), "before") == "1");
  BOOST_TEST(value_of(stores.made(), "digits") == "1");
  BOOST_TEST(stores.made().get(family, "digits").value()->modified == synced);
  BOOST_TEST(put(stores.made(), "digits", "2") > synced);
}
