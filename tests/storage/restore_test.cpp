#define BOOST_TEST_MODULE restore
#include "tests/storage/backup_fixture.hpp"
#include "tests/storage/file_damage.hpp"
#include "tests/storage/file_size_limit.hpp"

#include <sys/stat.h>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A backup of two deployments, and a place to restore it to.
struct restore_fixture : backup_fixture {
  fs::path restored = place.path() / "restored";

  restore_fixture() {
    deploy("digits", "1");
    deploy("faces", "2");
    BOOST_REQUIRE(back_up(target).ok());
  }

  std::string manifest_text() { return files_of(target)[std::string(backup_manifest::file_name)]; }
  void write_manifest(const std::string& text) { std::ofstream(target / backup_manifest::file_name) << text; }
  void replace_in_manifest(const std::string& what, const std::string& by) {
    auto text = manifest_text();
    BOOST_REQUIRE(text.find(what) != std::string::npos);
    write_manifest(text.replace(text.find(what), what.size(), by));
  }

  void require_refused(error_code code, const std::string& part, bool replace = false) {
    auto refused = restore(target, restored, replace);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.failure().code == code), refused.failure().message);
    BOOST_TEST(refused.failure().message.find(part) != std::string::npos, refused.failure().message);
    BOOST_TEST(!fs::exists(restored.string() + ".restoring"));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(any_byte_of_any_file_that_changed_is_found_and_nothing_is_restored, restore_fixture) {
  for (const auto& [name, content] : files_of(target)) {
    if (name == backup_manifest::file_name)
      continue;
    for (std::uintmax_t offset : {std::uintmax_t{0}, content.size() / 2, content.size() - 1}) {
      damage(target / name, offset);
      require_refused(error_code::corrupt, name);
      damage(target / name, offset);
    }
  }
  BOOST_TEST(!fs::exists(restored));
  BOOST_TEST(restore(target, restored).ok());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_missing_longer_or_shorter_is_found, restore_fixture) {
  auto name = "blobs/" + sha256_of("1");
  fs::resize_file(target / name, 2);
  require_refused(error_code::corrupt, name);
  fs::resize_file(target / name, 0);
  require_refused(error_code::corrupt, name);
  fs::remove(target / name);
  require_refused(error_code::corrupt, name);
}

BOOST_FIXTURE_TEST_CASE(a_manifest_that_is_cut_short_anywhere_is_refused, restore_fixture) {
  auto text = manifest_text();
  for (std::size_t size = 0; size < text.size() - 1; size += 7) {
    write_manifest(text.substr(0, size));
    auto refused = restore(target, restored);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.failure().code == error_code::corrupt));
  }
}

BOOST_FIXTURE_TEST_CASE(a_folder_without_a_manifest_is_no_backup, restore_fixture) {
  fs::remove(target / backup_manifest::file_name);
  require_refused(error_code::not_found, "is no finished backup");
}

BOOST_FIXTURE_TEST_CASE(a_backup_of_a_newer_format_is_refused, restore_fixture) {
  replace_in_manifest("format = 1", "format = 2\nnews = true");
  require_refused(error_code::failed_precondition, "use a newer troupe");
}

BOOST_FIXTURE_TEST_CASE(a_manifest_that_leads_out_of_the_backup_is_refused, restore_fixture) {
  for (const auto* path : {"store/../../data/lock", "/etc/passwd", "store/", "lock", "blobs/abc", "store/a/b"}) {
    auto text = manifest_text();
    replace_in_manifest("path = \"blobs/" + sha256_of("1") + "\"", "path = \"" + std::string(path) + "\"");
    require_refused(error_code::corrupt, "no file of a backup");
    write_manifest(text);
  }
}

BOOST_FIXTURE_TEST_CASE(a_data_folder_in_use_is_refused_naming_the_process, restore_fixture) {
  restored = data.path();
  for (bool replace : {false, true})
    require_refused(error_code::io_failed, "in use by another node (process " + std::to_string(::getpid()) + ")", replace);
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_holds_something_is_refused_and_left_as_it_is, restore_fixture) {
  fs::create_directory(restored);
  std::ofstream(restored / "thesis.txt") << "mine";
  require_refused(error_code::already_exists, "--replace");
  BOOST_TEST(files_of(restored).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(with_replace_what_was_there_is_moved_aside_whole, restore_fixture) {
  fs::create_directory(restored);
  std::ofstream(restored / "thesis.txt") << "mine";
  auto aside = restore(target, restored, true).value();
  BOOST_TEST(aside == restored.string() + ".before-restore-19700101T000000Z");
  BOOST_TEST(files_of(aside)["thesis.txt"] == "mine");
  BOOST_TEST(open_rocks_store(data_folder::open(restored).value()).ok());
}

BOOST_FIXTURE_TEST_CASE(a_place_that_cant_be_replaced_is_refused_before_anything_is_copied, restore_fixture) {
  auto refusal = [this](const fs::path& place) { return restore(target, place).failure().message; };
  BOOST_TEST(refusal("") == "can't tell where '' is; name an absolute path");
  BOOST_TEST(refusal("/proc") == "/proc is a mount point, which can't be replaced; name a folder in it with --data");
  BOOST_TEST(refusal(target / "sub")
             == (target / "sub").string() + " is in the backup itself, which must stay as it is; name another with --data");
}

BOOST_FIXTURE_TEST_CASE(a_link_to_a_folder_stays_a_link, restore_fixture) {
  fs::create_directory(restored);
  fs::create_directory_symlink(restored, restored.string() + "-link");
  BOOST_REQUIRE(restore(target, restored.string() + "-link").ok());
  BOOST_TEST(fs::is_symlink(restored.string() + "-link"));
  BOOST_TEST(open_rocks_store(data_folder::open(restored).value()).ok());
}

BOOST_FIXTURE_TEST_CASE(a_pipe_in_place_of_a_file_is_refused, restore_fixture) {
  fs::remove(target / "store" / "CURRENT");
  BOOST_REQUIRE(::mkfifo((target / "store" / "CURRENT").c_str(), 0600) == 0);
  BOOST_TEST(restore(target, restored).failure().message == (target / "store" / "CURRENT").string() + " is no file");
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_what_was_there, restore_fixture) {
  fs::create_directory(restored);
  std::ofstream(restored / "thesis.txt") << "mine";
  {
    file_size_limit full(100);
    require_refused(error_code::io_failed, "can't write", true);
  }
  BOOST_TEST(files_of(restored)["thesis.txt"] == "mine");
}

BOOST_FIXTURE_TEST_CASE(the_rest_of_a_restore_that_was_killed_does_no_harm, restore_fixture) {
  fs::create_directories(restored.string() + ".restoring/store");
  std::ofstream(restored.string() + ".restoring/store/CURRENT") << "rest";
  BOOST_TEST(restore(target, restored).ok());
}

BOOST_FIXTURE_TEST_CASE(a_restored_folder_holds_what_the_backup_was_made_of, restore_fixture) {
  fs::create_directory(restored); // an empty one is taken
  BOOST_REQUIRE(restore(target, restored.string() + "/").ok());
  auto folder = data_folder::open(restored).value();
  auto opened = open_rocks_store(folder).value();
  state_store copy(*opened);
  BOOST_TEST(copy.deployments().value().size() == 2U);
  BOOST_TEST(copy.versions("faces").value().at(0).artifact_sha256 == sha256_of("2"));
  BOOST_TEST(blob_store::open(folder)->open_verified(sha256_of("2")).ok());
}
