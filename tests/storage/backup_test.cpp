#define BOOST_TEST_MODULE backup
#include "storage/cluster_store.hpp"
#include "tests/storage/backup_fixture.hpp"
#include "tests/storage/file_damage.hpp"
#include "tests/storage/file_size_limit.hpp"

#include <sys/stat.h>

using namespace troupe;
using namespace troupe::test;

namespace {

template <class T>
error_code code_of(const result<T>& outcome) {
  BOOST_REQUIRE(!outcome);
  return outcome.failure().code;
}

ino_t inode_of(const fs::path& path) {
  struct stat about{};
  BOOST_REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_ino;
}

unsigned mode_of(const fs::path& path) {
  struct stat about{};
  BOOST_REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777U;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_folder_that_exists_is_refused_and_left_as_it_is, backup_fixture) {
  fs::create_directory(target);
  BOOST_TEST((code_of(back_up(target)) == error_code::already_exists));
  BOOST_TEST(fs::is_empty(target));
  fs::create_directory(place.path() / "other.partial");
  BOOST_TEST((code_of(back_up(place.path() / "other")) == error_code::already_exists));
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_could_not_be_a_backup_is_refused, backup_fixture) {
  BOOST_TEST((code_of(back_up("relative")) == error_code::invalid_argument));
  BOOST_TEST((code_of(back_up(data.path() / "backup")) == error_code::invalid_argument));
  BOOST_TEST((code_of(back_up(place.path() / "nowhere" / "backup")) == error_code::io_failed));
  BOOST_TEST((code_of(back_up("/proc/backup")) == error_code::io_failed));
  BOOST_TEST(beside_are({}));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fills_leaves_no_half_backup_and_a_store_that_works_on, backup_fixture) {
  deploy("digits", std::string(3'000'000, 'a'));
  {
    file_size_limit full(1 << 20);
    auto failed = back_up(target);
    BOOST_TEST((code_of(failed) == error_code::io_failed));
    BOOST_TEST(failed.failure().message.find("can't write " + target.string()) == 0U, failed.failure().message);
  }
  BOOST_TEST(beside_are({}));
  BOOST_TEST(!fs::exists(data.path() / "backup-stage"));
  deploy("faces", "b");
  BOOST_TEST(back_up(target).ok());
}

BOOST_FIXTURE_TEST_CASE(an_artifact_that_is_damaged_or_missing_fails_the_backup_by_its_name, backup_fixture) {
  deploy("digits", "the artifact");
  auto path = data.path() / "blobs" / sha256_of("the artifact");
  damage(path, 3);
  auto failed = back_up(target);
  BOOST_TEST((code_of(failed) == error_code::corrupt));
  BOOST_TEST(failed.failure().message.find(sha256_of("the artifact")) != std::string::npos);
  fs::remove(path);
  BOOST_TEST((code_of(back_up(target)) == error_code::not_found));
  BOOST_TEST(beside_are({}));
}

BOOST_FIXTURE_TEST_CASE(a_backup_that_is_dropped_in_the_middle_leaves_nothing, backup_fixture) {
  deploy("digits", std::string(9'000'000, 'a'));
  {
    auto job = begin(target).value();
    BOOST_TEST(!job->step().value());
    BOOST_TEST(beside_are({"backup.partial"}));
  }
  BOOST_TEST(beside_are({}));
  BOOST_TEST(!fs::exists(data.path() / "backup-stage"));
}

BOOST_FIXTURE_TEST_CASE(what_a_killed_backup_left_in_the_data_folder_goes_with_the_next_start, backup_fixture) {
  fs::create_directories(data.path() / "backup-stage" / "blobs");
  remove_backup_rests(data);
  BOOST_TEST(!fs::exists(data.path() / "backup-stage"));
}

BOOST_FIXTURE_TEST_CASE(a_backup_holds_the_artifacts_that_its_versions_need_and_no_others, backup_fixture) {
  deploy("digits", "needed", version_state::superseded, "golden");
  deploy("faces", "of a version that failed", version_state::failed);
  add_blob("nobody's");
  BOOST_REQUIRE(back_up(target).ok());
  auto files = files_of(target / "blobs");
  BOOST_TEST(files.size() == 2U);
  BOOST_TEST(files[sha256_of("needed")] == "needed");
  BOOST_TEST(files[sha256_of("golden")] == "golden");
}

BOOST_FIXTURE_TEST_CASE(what_is_written_after_a_backup_began_is_not_in_it, backup_fixture) {
  deploy("digits", "1");
  auto job = begin(target).value();
  deploy("faces", "2");
  BOOST_REQUIRE(blobs.remove(sha256_of("1")).ok()); // as after an undeploy
  while (!job->step().value()) {
  }
  BOOST_REQUIRE(restore(target, place.path() / "restored").ok());
  auto copy = data_folder::open(place.path() / "restored").value();
  auto opened = open_rocks_store(copy).value();
  auto deployments = state_store(*opened).deployments().value();
  BOOST_REQUIRE(deployments.size() == 1U);
  BOOST_TEST(deployments[0].name == "digits");
  BOOST_TEST(blob_store::open(copy)->open_verified(sha256_of("1")).ok());
}

BOOST_FIXTURE_TEST_CASE(a_backup_is_for_its_user_only, backup_fixture) {
  deploy("digits", "1");
  BOOST_REQUIRE(back_up(target).ok());
  BOOST_TEST(mode_of(target) == 0700U);
  for (const auto& file : fs::recursive_directory_iterator(target))
    BOOST_TEST(mode_of(file.path()) == (file.is_directory() ? 0700U : 0600U), file.path());
}

BOOST_FIXTURE_TEST_CASE(a_backup_brings_back_the_cluster_its_members_and_its_tokens, backup_fixture) {
  cluster_change change;
  change.cluster.emplace().cluster_id = std::string(32, 'c');
  change.cluster->authority_key_pem = "the authority's key";
  change.members.emplace_back().node_id = std::string(32, 'a');
  change.tokens.emplace_back().secret_sha256 = std::string(64, 'b');
  BOOST_REQUIRE(cluster_store(*records).commit(change).ok());
  BOOST_REQUIRE(back_up(target).ok());
  BOOST_REQUIRE(restore(target, place.path() / "restored").ok());
  auto copy = data_folder::open(place.path() / "restored").value();
  auto opened = open_rocks_store(copy).value();
  cluster_store restored(*opened);
  BOOST_TEST(restored.cluster().value()->authority_key_pem == "the authority's key");
  BOOST_TEST(restored.members()->size() == 1U);
  BOOST_TEST(restored.tokens()->size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_backup_shares_no_file_with_the_data_folder, backup_fixture) {
  deploy("digits", "1");
  records.reset();
  records = open_rocks_store(data).value(); // so that there is a table file
  BOOST_REQUIRE(back_up(target).ok());
  std::size_t compared = 0;
  for (const auto& [name, content] : files_of(target))
    if (name != backup_manifest::file_name && fs::exists(data.path() / name)) {
      BOOST_TEST(inode_of(target / name) != inode_of(data.path() / name));
      ++compared;
    }
  BOOST_TEST(compared >= 2U);
}

BOOST_FIXTURE_TEST_CASE(a_manifest_names_every_file_with_its_size_and_hash, backup_fixture) {
  deploy("digits", "1");
  BOOST_REQUIRE(back_up(target).ok());
  auto manifest = read_backup_manifest(target).value();
  BOOST_TEST(manifest.node_id == "ab12");
  BOOST_TEST(manifest.time == "1970-01-01T00:00:00.000000000Z");
  auto files = files_of(target);
  BOOST_TEST(manifest.files.size() + 1 == files.size());
  for (const auto& file : manifest.files) {
    BOOST_TEST(file.bytes == files[file.path].size());
    BOOST_TEST(file.sha256 == sha256_of(files[file.path]));
  }
}
