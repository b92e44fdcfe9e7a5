#define BOOST_TEST_MODULE rocks_full_disk
#include "storage/backup.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/small_disk.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

// A file of its own: RocksDB's threads must not be older than this process's view of the file systems.

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr auto family = column_family::deployments;

std::string random_bytes(std::size_t size) {
  std::string bytes(size, ' ');
  std::mt19937 random(1);
  std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random()); });
  return bytes;
}

/// RocksDB may be recovering by itself at the same time.
bool eventually(const std::function<bool()>& holds) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_full_disk_is_refused_and_taken_again_once_there_is_room, *boost::unit_test::precondition(can_mount)) {
  small_disk disk(32 << 20);
  auto data = data_folder::open(disk.path()).value();
  auto opened = open_rocks_store(data).value();
  BOOST_REQUIRE(opened->commit(transaction().put(family, "before", "v")).ok());
  disk.fill(0);
  auto refused = opened->commit(transaction().put(family, "during", "v"));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.failure().code == error_code::io_failed));
  BOOST_TEST(refused.failure().message.find("free some space") != std::string::npos, refused.failure().message);
  BOOST_TEST(opened->get(family, "before").value().has_value());
  disk.empty();
  BOOST_TEST(opened->commit(transaction().put(family, "after", "v")).ok());
  BOOST_TEST(!opened->get(family, "during").value().has_value());
}

BOOST_AUTO_TEST_CASE(a_disk_that_fills_in_the_middle_of_a_write_is_taken_again_and_that_write_was_not_done,
                     *boost::unit_test::precondition(can_mount)) {
  small_disk disk(48 << 20);
  auto data = data_folder::open(disk.path()).value();
  {
    auto opened = open_rocks_store(data).value();
    BOOST_REQUIRE(opened->commit(transaction().put(family, "before", "v")).ok());
    disk.fill(5 << 20); // enough for a small write, so that it is begun
    transaction large;
    for (int i = 0; i < 7; ++i)
      large.put(family, "large" + std::to_string(i), random_bytes(store_limits::value_bytes_max));
    auto failed = opened->commit(large);
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.failure().code == error_code::io_failed));
    BOOST_TEST(opened->get(family, "before").value().has_value());
    disk.empty();
    BOOST_TEST(eventually([&] { return opened->commit(transaction().put(family, "after", "v")).ok(); }));
    BOOST_TEST(!opened->get(family, "large0").value().has_value());
    BOOST_TEST(opened->snapshot().value()->revision() == 2U);
  }
  auto again = open_rocks_store(data).value();
  BOOST_TEST(again->get(family, "before").value().has_value());
  BOOST_TEST(again->get(family, "after").value().has_value());
  BOOST_TEST(!again->get(family, "large0").value().has_value());
}

BOOST_AUTO_TEST_CASE(a_backup_onto_a_disk_without_room_is_refused_before_it_begins, *boost::unit_test::precondition(can_mount)) {
  small_disk disk(24 << 20);
  temporary_folder folder;
  auto data = data_folder::open(folder.path()).value();
  auto opened = open_rocks_store(data).value();
  disk.fill(1 << 20);
  auto refused = backup_job::begin({data, *opened, "ab12", "0.1.0"}, disk.path() / "backup", wall_time{});
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.failure().code == error_code::io_failed));
  BOOST_TEST(refused.failure().message.find("free some space") != std::string::npos, refused.failure().message);
  BOOST_TEST(!std::filesystem::exists(disk.path() / "backup.partial"));
}
