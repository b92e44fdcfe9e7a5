#define BOOST_TEST_MODULE rocks_damage
#include "storage/rocks_store.hpp"
#include "tests/storage/file_damage.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace troupe;
using namespace troupe::test;

// A byte of one file of a store is changed, at many places. Whatever opens or reads it afterwards must say `corrupt`, or find everything
// that was synced; never less, and never a crash.

namespace {

namespace fs = std::filesystem;

constexpr auto family = column_family::deployments;
constexpr int records = 40;
/// Places in a file that are tried: all of a small one.
constexpr std::uintmax_t places_max = 150;

std::string key_of(int number) {
  return "key" + std::to_string(number);
}

std::string value_of(int number) {
  return std::string(100, 'a' + static_cast<char>(number % 26));
}

void write(store& to, int first, int end) {
  for (int number = first; number < end; ++number)
    to.commit(transaction().put(family, key_of(number), value_of(number))).value();
}

/// A folder with a store of which a part is in table files and a part in the log.
struct stored {
  stored() {
    write(*open().value(), 0, records / 2);
    write(*open().value(), records / 2, records); // opening has put the first half into table files
  }

  result<std::unique_ptr<store>> open() { return open_rocks_store(*data); }
  fs::path path() const { return folder.path() / "store"; }

  temporary_folder folder;
  std::unique_ptr<data_folder> data = std::make_unique<data_folder>(data_folder::open(folder.path()).value());
};

/// What is found wrong with the copy, if it is neither whole nor called corrupt.
std::string judge(const data_folder& data) {
  auto opened = open_rocks_store(data);
  if (!opened)
    return opened.failure().code == error_code::corrupt ? "" : "opened with " + to_string(opened.failure());
  for (int number = 0; number < records; ++number) {
    auto found = opened.value()->get(family, key_of(number));
    if (!found && found.failure().code != error_code::corrupt)
      return "read with " + to_string(found.failure());
    if (!found)
      return "";
    if (!found->has_value())
      return key_of(number) + " is lost without a word";
    if ((*found)->value != value_of(number))
      return key_of(number) + " has another value";
  }
  return "";
}

/// Tries `harm` on the copy's file at many places.
void check_every(const std::string& end, const std::function<void(const fs::path&, std::uintmax_t)>& harm) {
  stored original;
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(original.path()))
    if (auto name = file.path().filename().string(); name.find(end) != std::string::npos && file.file_size() > 0)
      files.push_back(name);
  BOOST_REQUIRE(!files.empty());
  for (const auto& name : files) {
    auto size = fs::file_size(original.path() / name);
    auto stride = std::max<std::uintmax_t>(1, size / places_max);
    for (std::uintmax_t at = 0; at < size; at += stride) {
      temporary_folder copy;
      fs::copy(original.path(), copy.path() / "store");
      fs::remove(copy.path() / "store" / "LOCK");
      BOOST_TEST_CHECKPOINT(name << " of " << size << " bytes, at " << at); // told if RocksDB aborts
      harm(copy.path() / "store" / name, at);
      auto wrong = judge(data_folder::open(copy.path()).value());
      BOOST_TEST(wrong == "", name << " of " << size << " bytes, at " << at << ": " << wrong);
    }
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(a_changed_byte_of_a_table_file_is_found) {
  check_every(".sst", damage);
}

BOOST_AUTO_TEST_CASE(a_changed_byte_of_the_log_is_found) {
  check_every(".log", damage);
}

BOOST_AUTO_TEST_CASE(a_changed_byte_of_the_manifest_is_found) {
  check_every("MANIFEST", damage);
}

BOOST_AUTO_TEST_CASE(a_changed_byte_of_the_file_that_names_the_manifest_is_found) {
  check_every("CURRENT", damage);
}

BOOST_AUTO_TEST_CASE(a_table_file_that_is_shorter_is_found) {
  check_every(".sst", [](const fs::path& file, std::uintmax_t at) { fs::resize_file(file, at); });
}

BOOST_AUTO_TEST_CASE(a_log_that_a_crash_cut_anywhere_opens_with_all_that_stands_before_the_cut) {
  stored original;
  auto log = files_ending_in(original.path(), ".log").at(0).filename();
  int found_before = 0;
  for (std::uintmax_t size = 0; size < fs::file_size(original.path() / log); size += 31) {
    temporary_folder copy;
    fs::copy(original.path(), copy.path() / "store");
    fs::resize_file(copy.path() / "store" / log, size);
    auto data = data_folder::open(copy.path()).value();
    auto opened = open_rocks_store(data);
    BOOST_REQUIRE_MESSAGE(opened.ok(), "cut to " << size << " bytes: " << (opened ? "" : opened.failure().message));
    int found = 0;
    while (found < records && opened.value()->get(family, key_of(found)).value().has_value())
      ++found;
    BOOST_TEST(found >= found_before);
    BOOST_TEST(opened.value()->snapshot().value()->revision() == static_cast<revision_number>(found));
    found_before = found;
  }
  BOOST_TEST(found_before == records - 1);
}
