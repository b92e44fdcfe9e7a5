#define BOOST_TEST_MODULE blob_store
#include "storage/blob_store.hpp"
#include "tests/storage/file_damage.hpp"
#include "tests/storage/file_size_limit.hpp"
#include "tests/storage/put_blob.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

using namespace troupe;
using namespace troupe::test;

namespace {

struct fixture {
  temporary_folder folder;
  data_folder data = data_folder::open(folder.path()).value();
  blob_store blobs = blob_store::open(data).value();

  std::filesystem::path path() const { return folder.path() / "blobs"; }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path()), {})); }

  std::string add(const std::string& content) { return put_blob(blobs, content); }
};

std::string read_all(int file) {
  std::string content(1 << 20, '\0');
  auto got = ::read(file, content.data(), content.size());
  content.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return content;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(content_with_another_hash_is_corrupt_and_leaves_nothing, fixture) {
  {
    auto writer = blobs.begin(sha256_of("right"), 5).value();
    BOOST_TEST(writer->write("wrong", 5).ok());
    auto finished = writer->finish();
    BOOST_REQUIRE(!finished);
    BOOST_TEST((finished.failure().code == error_code::corrupt));
  }
  BOOST_TEST(!blobs.has(sha256_of("right")));
  BOOST_TEST(!blobs.has(sha256_of("wrong")));
  BOOST_TEST(files() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_no_hash_is_refused, fixture) {
  for (std::string name : {"", "abc", "../../etc/passwd"}) {
    BOOST_TEST((blobs.begin(name, 1).failure().code == error_code::invalid_argument));
    BOOST_TEST((blobs.open_verified(name).failure().code == error_code::not_found));
    BOOST_TEST((blobs.remove(name).failure().code == error_code::not_found));
    BOOST_TEST(!blobs.has(name));
  }
  BOOST_TEST((blobs.begin(std::string(64, 'A'), 1).failure().code == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(more_bytes_than_announced_are_refused, fixture) {
  auto writer = blobs.begin(sha256_of("12345"), 5).value();
  BOOST_TEST(writer->write("123", 3).ok());
  BOOST_TEST((writer->write("456", 3).failure().code == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(fewer_bytes_than_announced_are_refused, fixture) {
  auto writer = blobs.begin(sha256_of("123"), 5).value();
  BOOST_TEST(writer->write("123", 3).ok());
  BOOST_TEST((writer->finish().failure().code == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(an_artifact_over_the_limit_is_refused_before_it_is_sent, fixture) {
  BOOST_TEST((blobs.begin(sha256_of(""), artifact_bytes_max + 1).failure().code == error_code::invalid_argument));
  auto small = blob_store::open(data, 10).value();
  BOOST_TEST((small.begin(sha256_of(""), 11).failure().code == error_code::invalid_argument));
  BOOST_TEST(small.begin(sha256_of(""), 10).ok());
}

BOOST_FIXTURE_TEST_CASE(a_disk_without_room_is_told_before_the_first_byte, fixture) {
  file_size_limit full(4096);
  auto begun = blobs.begin(sha256_of("x"), 1 << 20);
  BOOST_REQUIRE(!begun);
  BOOST_TEST((begun.failure().code == error_code::io_failed));
  BOOST_TEST(begun.failure().message.find("can't reserve 1048576 bytes for") == 0);
  BOOST_TEST(files() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fills_up_on_the_way_fails_the_write_and_leaves_nothing, fixture) {
  std::string content(1 << 20, 'x');
  {
    auto writer = blobs.begin(sha256_of(content), content.size()).value();
    file_size_limit full(4096);
    BOOST_TEST((writer->write(content.data(), content.size()).failure().code == error_code::io_failed));
  }
  BOOST_TEST(files() == 0);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_blob_is_not_found, fixture) {
  BOOST_TEST((blobs.open_verified(sha256_of("x")).failure().code == error_code::not_found));
  BOOST_TEST((blobs.remove(sha256_of("x")).failure().code == error_code::not_found));
}

BOOST_FIXTURE_TEST_CASE(a_blob_damaged_or_torn_on_disk_is_corrupt, fixture) {
  auto flipped = add("some content"), torn = add("some more content");
  damage(path() / flipped, 3);
  std::filesystem::resize_file(path() / torn, 5);
  BOOST_TEST((blobs.open_verified(flipped).failure().code == error_code::corrupt));
  BOOST_TEST((blobs.open_verified(torn).failure().code == error_code::corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_blob_is_mended_by_sending_it_again, fixture) {
  auto hash = add("some content");
  damage(path() / hash, 3);
  add("some content");
  BOOST_TEST(blobs.open_verified(hash).ok());
}

BOOST_FIXTURE_TEST_CASE(a_blob_that_is_set_aside_is_gone_and_its_bytes_stay_until_the_next_start, fixture) {
  auto hash = add("some content");
  BOOST_TEST(blobs.set_aside(hash).ok());
  BOOST_TEST(!blobs.has(hash));
  BOOST_TEST(blobs.list()->empty());
  BOOST_TEST(files() == 1);
  BOOST_TEST((blobs.set_aside(hash).failure().code == error_code::not_found));
  add("some content");
  BOOST_TEST(blobs.open_verified(hash).ok());
  BOOST_REQUIRE(blob_store::open(data).ok());
  BOOST_TEST(files() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_link_in_place_of_a_blob_is_not_followed, fixture) {
  auto hash = add("some content");
  std::filesystem::rename(path() / hash, folder.path() / "elsewhere");
  std::filesystem::create_symlink(folder.path() / "elsewhere", path() / hash);
  BOOST_TEST((blobs.open_verified(hash).failure().code == error_code::io_failed));
}

BOOST_FIXTURE_TEST_CASE(what_a_dead_writer_left_is_gone_after_opening_again, fixture) {
  auto hash = add("kept");
  auto dead = blobs.begin(sha256_of("x"), 1).value();
  BOOST_TEST(files() == 2);
  auto again = blob_store::open(data).value();
  BOOST_TEST(files() == 1);
  BOOST_TEST(again.has(hash));
}

BOOST_FIXTURE_TEST_CASE(an_abandoned_writer_leaves_nothing, fixture) {
  blobs.begin(sha256_of("x"), 1).value();
  BOOST_TEST(files() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_blob_in_pieces_reads_back_whole, fixture) {
  std::string content(300'000, 'x');
  auto hash = sha256_of(content);
  auto writer = blobs.begin(hash, content.size()).value();
  for (std::size_t at = 0; at < content.size(); at += 100'000)
    BOOST_TEST(writer->write(content.data() + at, 100'000).ok());
  BOOST_TEST(!blobs.has(hash));
  BOOST_TEST(writer->finish().ok());
  BOOST_TEST(blobs.has(hash));
  auto opened = blobs.open_verified(hash);
  BOOST_REQUIRE(opened.ok());
  BOOST_TEST((read_all(opened->get()) == content));
}

BOOST_FIXTURE_TEST_CASE(two_writers_of_one_blob_both_succeed, fixture) {
  auto hash = sha256_of("same");
  auto first = blobs.begin(hash, 4).value(), second = blobs.begin(hash, 4).value();
  for (auto* writer : {first.get(), second.get()})
    BOOST_TEST(writer->write("same", 4).ok());
  BOOST_TEST(first->finish().ok());
  BOOST_TEST(second->finish().ok());
  BOOST_TEST(files() == 1);
  BOOST_TEST(blobs.open_verified(hash).ok());
}

BOOST_FIXTURE_TEST_CASE(an_empty_blob_is_a_blob, fixture) {
  BOOST_TEST(blobs.open_verified(add("")).ok());
}

BOOST_FIXTURE_TEST_CASE(a_removed_blob_is_gone_but_stays_readable_where_it_is_open, fixture) {
  auto hash = add("some content");
  auto opened = blobs.open_verified(hash).value();
  BOOST_TEST(blobs.remove(hash).ok());
  BOOST_TEST(!blobs.has(hash));
  BOOST_TEST(read_all(opened.get()) == "some content");
}

BOOST_FIXTURE_TEST_CASE(blobs_are_listed_in_order_without_what_is_unfinished, fixture) {
  std::vector<std::string> hashes = {add("a"), add("b"), add("c")};
  auto unfinished = blobs.begin(sha256_of("x"), 1).value();
  std::sort(hashes.begin(), hashes.end());
  BOOST_TEST(blobs.list().value() == hashes, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_a_resuming_writer_left_is_there_for_the_next_one_in_another_life_too, fixture) {
  auto hash = sha256_of("some content");
  {
    auto writer = blobs.resume(hash, 12).value();
    BOOST_TEST(writer->bytes() == 0);
    BOOST_TEST(writer->write("some ", 5).ok());
  }
  auto again = blob_store::open(data).value();
  BOOST_TEST(again.list_partial().value() == std::vector<std::string>{hash}, boost::test_tools::per_element());
  BOOST_TEST(again.list()->empty());
  auto writer = again.resume(hash, 12).value();
  BOOST_TEST(writer->bytes() == 5);
  BOOST_TEST(writer->write("content", 7).ok());
  BOOST_TEST(writer->finish().ok());
  BOOST_TEST(again.open_verified(hash).ok());
  BOOST_TEST(again.list_partial()->empty());
}

BOOST_FIXTURE_TEST_CASE(a_resuming_writer_drops_what_has_another_hash_or_is_too_long, fixture) {
  auto hash = sha256_of("right");
  {
    auto writer = blobs.resume(hash, 5).value();
    BOOST_TEST(writer->write("wrong", 5).ok());
    BOOST_TEST((writer->finish().failure().code == error_code::corrupt));
  }
  BOOST_TEST(blobs.list_partial()->empty());
  BOOST_TEST(blobs.resume(hash, 5).value()->write("wrong", 5).ok());
  BOOST_TEST(blobs.resume(hash, 4).value()->bytes() == 0);
  BOOST_TEST((blobs.resume("../../etc/passwd", 5).failure().code == error_code::invalid_argument));
  BOOST_TEST((blob_store::open(data, 4)->resume(hash, 5).failure().code == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(what_is_left_in_part_can_be_removed, fixture) {
  auto hash = sha256_of("some content");
  BOOST_TEST(blobs.resume(hash, 12).ok());
  BOOST_TEST(blobs.remove_partial(hash).ok());
  BOOST_TEST(blobs.list_partial()->empty());
  BOOST_TEST(blobs.remove_partial(hash).ok());
  BOOST_TEST(blobs.remove_partial("../kept").ok());
}
