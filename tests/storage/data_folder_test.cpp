#define BOOST_TEST_MODULE data_folder
#include "storage/data_folder.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace troupe;
using troupe::test::temporary_folder;

BOOST_AUTO_TEST_CASE(a_folder_in_use_is_refused_with_advice) {
  temporary_folder folder;
  auto first = data_folder::open(folder.path());
  BOOST_REQUIRE(first.ok());
  auto second = data_folder::open(folder.path());
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.failure().code == error_code::io_failed));
  BOOST_TEST(second.failure().message
             == "data folder " + folder.path().string() + " is in use by another node (process " + std::to_string(::getpid())
                    + "); stop it or use another --data");
}

BOOST_AUTO_TEST_CASE(a_folder_is_free_once_its_holder_is_gone) {
  temporary_folder folder;
  BOOST_TEST(data_folder::open(folder.path()).ok());
  BOOST_TEST(data_folder::open(folder.path()).ok());
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made_is_refused_with_advice) {
  temporary_folder folder;
  std::ofstream(folder.path() / "file") << "not a folder";
  auto opened = data_folder::open(folder.path() / "file" / "data"); // fails for root too
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.failure().code == error_code::io_failed));
  BOOST_TEST(opened.failure().message.find("can't be written (Not a directory); make it writable") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_folder_in_which_no_file_can_be_made_is_refused) {
  auto opened = data_folder::open("/proc"); // no file can be made there, even by root
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.failure().code == error_code::io_failed));
}

BOOST_AUTO_TEST_CASE(a_new_folder_is_for_its_owner_only) {
  temporary_folder folder;
  auto opened = data_folder::open(folder.path() / "a" / "b");
  BOOST_REQUIRE(opened.ok());
  auto allowed = std::filesystem::status(opened->path()).permissions();
  BOOST_TEST((allowed == std::filesystem::perms::owner_all));
}
