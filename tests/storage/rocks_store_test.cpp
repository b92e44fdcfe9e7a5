#define BOOST_TEST_MODULE rocks_store
#include "storage/rocks_store.hpp"
#include "tests/storage/file_damage.hpp"
#include "tests/storage/file_size_limit.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>
#include <rocksdb/db.h>

#include <fstream>
#include <sys/stat.h>

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr auto family = column_family::deployments;

/// A data folder, with as many records in its store as asked for.
struct fixture {
  explicit fixture(int records) {
    auto made = open();
    for (int i = 0; i < records; ++i)
      made.value()->commit(transaction().put(family, "key" + std::to_string(i), std::string(100, 'v'))).value();
  }

  result<std::unique_ptr<store>> open() { return open_rocks_store(data); }
  std::filesystem::path store_path() const { return data.path() / "store"; }

  temporary_folder folder;
  data_folder data = data_folder::open(folder.path()).value();
};

void require_corrupt(const result<std::unique_ptr<store>>& opened) {
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.failure().code == error_code::corrupt));
  BOOST_TEST(opened.failure().message.find("restore the data folder from a backup") != std::string::npos);
}

/// Leaves of a store what a release had written that knew only these column families.
void keep_only(const std::filesystem::path& store_path, const std::vector<std::string>& known) {
  std::vector<rocksdb::ColumnFamilyDescriptor> all{{rocksdb::kDefaultColumnFamilyName, {}}};
  for (const auto& row : column_families)
    all.emplace_back(std::string(row.name), rocksdb::ColumnFamilyOptions());
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  BOOST_REQUIRE(rocksdb::DB::Open({}, store_path, all, &handles, &db).ok());
  std::unique_ptr<rocksdb::DB> owned(db);
  for (auto* handle : handles) {
    auto name = handle->GetName();
    if (name != rocksdb::kDefaultColumnFamilyName && std::find(known.begin(), known.end(), name) == known.end())
      BOOST_REQUIRE(db->DropColumnFamily(handle).ok());
    BOOST_REQUIRE(db->DestroyColumnFamilyHandle(handle).ok());
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(models_without_a_store_are_not_taken_for_a_new_folder) {
  fixture disk(1);
  std::filesystem::remove_all(disk.store_path());
  std::filesystem::create_directory(disk.data.path() / "blobs");
  BOOST_TEST(disk.open().ok());
  std::filesystem::remove_all(disk.store_path());
  std::ofstream(disk.data.path() / "blobs" / std::string(64, 'a')) << "model";
  require_corrupt(disk.open());
}

BOOST_AUTO_TEST_CASE(a_damaged_log_is_refused_and_not_skipped) {
  fixture disk(20);
  auto logs = files_ending_in(disk.store_path(), ".log");
  BOOST_REQUIRE(logs.size() == 1);
  damage(logs[0], 60); // in the first record's value
  require_corrupt(disk.open());
}

BOOST_AUTO_TEST_CASE(a_log_torn_at_its_end_loses_only_what_was_torn) {
  fixture disk(20);
  auto log = files_ending_in(disk.store_path(), ".log").at(0);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 10);
  auto opened = disk.open();
  BOOST_REQUIRE(opened.ok());
  BOOST_TEST(opened.value()->get(family, "key18").value().has_value());
  BOOST_TEST(!opened.value()->get(family, "key19").value().has_value());
  BOOST_TEST(opened.value()->snapshot().value()->revision() == 19);
}

BOOST_AUTO_TEST_CASE(a_store_that_lost_its_current_file_is_refused_and_kept) {
  fixture disk(20);
  std::filesystem::remove(disk.store_path() / "CURRENT");
  require_corrupt(disk.open());
  BOOST_TEST(files_ending_in(disk.store_path(), ".log").size() == 1);
}

BOOST_AUTO_TEST_CASE(a_damaged_table_file_is_found_when_it_is_read) {
  fixture disk(20);
  BOOST_REQUIRE(disk.open().ok()); // writes what the log held to table files
  for (const auto& file : files_ending_in(disk.store_path(), ".sst"))
    damage(file, 20);
  auto opened = disk.open();
  BOOST_REQUIRE(!(opened.ok() && opened.value()->get(family, "key3").ok()));
  auto failure = opened.ok() ? opened.value()->get(family, "key3").failure() : opened.failure();
  BOOST_TEST((failure.code == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_store_that_is_no_folder_is_refused) {
  temporary_folder folder;
  auto data = data_folder::open(folder.path()).value();
  std::ofstream(folder.path() / "store") << "not a folder";
  auto opened = open_rocks_store(data);
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.failure().code == error_code::io_failed));
}

BOOST_AUTO_TEST_CASE(a_store_made_before_there_were_clusters_opens_and_takes_records_of_one) {
  const auto added_for_clusters = {column_family::cluster, column_family::members, column_family::tokens,
                                   column_family::assignment};
  fixture disk(20);
  keep_only(disk.store_path(), {"node", "deployments", "versions", "events"});
  {
    auto opened = disk.open().value();
    BOOST_TEST(opened->get(family, "key19").value().has_value());
    for (auto added : added_for_clusters) {
      BOOST_TEST(!opened->get(added, "key").value().has_value());
      BOOST_REQUIRE(opened->commit(transaction().put(added, "key", "v")).ok());
    }
  }
  auto again = disk.open().value();
  for (auto added : added_for_clusters)
    BOOST_TEST(again->get(added, "key").value().has_value());
}

BOOST_AUTO_TEST_CASE(what_a_store_holds_is_for_its_user_only) {
  fixture disk(1);
  BOOST_REQUIRE(::chmod(disk.store_path().c_str(), 0755) == 0); // as one that was made before it held secrets
  auto opened = disk.open().value();
  struct stat about{};
  BOOST_REQUIRE(::stat(disk.store_path().c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777U) == 0700U);
}

BOOST_AUTO_TEST_CASE(after_a_write_that_failed_for_worse_than_a_full_disk_a_store_takes_no_more_until_it_is_opened_again) {
  fixture disk(20);
  {
    auto opened = disk.open().value();
    {
      file_size_limit full(256 << 10); // more than the log that RocksDB writes for people, which aborts if it can't be written
      auto refused = opened->commit(transaction().put(family, "large", std::string(500'000, 'v')));
      BOOST_REQUIRE(!refused);
      BOOST_TEST((refused.failure().code == error_code::io_failed));
      BOOST_TEST(refused.failure().message.find("check the disk and its free space") != std::string::npos);
    }
    auto later = opened->commit(transaction().put(family, "small", "v"));
    BOOST_REQUIRE(!later);
    BOOST_TEST((later.failure().code == error_code::io_failed));
    BOOST_TEST(opened->get(family, "key19").value().has_value());
  }
  auto again = disk.open().value();
  BOOST_TEST(again->get(family, "key19").value().has_value());
  BOOST_TEST(again->commit(transaction().put(family, "small", "v")).ok());
}

BOOST_AUTO_TEST_CASE(a_watch_may_outlive_its_store) {
  fixture disk(0);
  auto opened = disk.open().value();
  int told = 0;
  auto watching = opened->watch(family, "", [&](revision_number, const std::vector<mutation>&) { ++told; });
  opened.reset();
  watching.reset();
  BOOST_TEST(told == 0);
}
