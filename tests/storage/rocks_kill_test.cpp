#define BOOST_TEST_MODULE rocks_kill
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

// A file of its own: RocksDB's threads don't survive the fork, so this process opens no store before it.

using namespace troupe;
using troupe::test::temporary_folder;

namespace {

constexpr auto family = column_family::deployments;

std::string key_of(int number) {
  return "key" + std::to_string(number);
}

/// Commits for ever; says each number once its transaction is acknowledged.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, int says) {
  auto data = data_folder::open(path);
  auto opened = data ? open_rocks_store(*data) : data.failure();
  for (int number = 0; opened; ++number) {
    transaction change;
    change.put(family, key_of(number), std::string(1000, 'v')).put(column_family::versions, key_of(number), "v");
    if (number % 2 == 0)
      change.persistence = durability::batched;
    if (!opened.value()->commit(change) || ::write(says, &number, sizeof number) != sizeof number)
      break;
  }
  ::_exit(1);
}

/// The last number that a child acknowledged before it was killed with -9, some time after the first `enough`.
int last_acknowledged(const std::filesystem::path& path, int enough) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(path, ends[1]);
  }
  ::close(ends[1]);
  int last = -1, number = 0;
  bool killed = false;
  while (::read(ends[0], &number, sizeof number) == sizeof number) {
    last = number;
    if (number == enough && !killed)
      killed = ::kill(child, SIGKILL) == 0;
  }
  ::close(ends[0]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFSIGNALED(status));
  return last;
}

} // namespace

BOOST_AUTO_TEST_CASE(everything_acknowledged_is_there_after_kill_9) {
  temporary_folder folder;
  auto last = last_acknowledged(folder.path(), 500);
  BOOST_REQUIRE(last >= 500);
  auto data = data_folder::open(folder.path()).value(); // the lock went with the process
  auto opened = open_rocks_store(data).value();
  for (int number = 0; number <= last; ++number) {
    BOOST_REQUIRE(opened->get(family, key_of(number)).value().has_value());
    BOOST_REQUIRE(opened->get(column_family::versions, key_of(number)).value().has_value());
  }
  BOOST_TEST(opened->snapshot().value()->revision() >= static_cast<revision_number>(last) + 1);
}
