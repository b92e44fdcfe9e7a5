#define BOOST_TEST_MODULE text_file
#include "runtime/base/text_file.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sys/stat.h>

using namespace troupe;

BOOST_AUTO_TEST_CASE(a_missing_file_is_not_found) {
  auto text = read_text_file("/nowhere/at/all", 10);
  BOOST_REQUIRE(!text);
  BOOST_TEST((text.failure() == error{error_code::not_found, "no file '/nowhere/at/all'"}));
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_refused_without_waiting_for_it) {
  test::temporary_folder folder;
  auto pipe = (folder.path() / "pipe").string();
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto& path : {pipe, folder.path().string(), std::string("/dev/zero")})
    BOOST_TEST((read_text_file(path, 10).failure() == error{error_code::invalid_argument, "'" + path + "' is no regular file"}));
}

BOOST_AUTO_TEST_CASE(a_file_may_have_the_limit_but_no_more) {
  test::temporary_folder folder;
  auto path = (folder.path() / "file").string();
  std::ofstream(path) << "0123456789";
  BOOST_TEST(*read_text_file(path, 10) == "0123456789");
  BOOST_TEST((read_text_file(path, 9).failure()
              == error{error_code::invalid_argument, "'" + path + "' is larger than 9 B, the most it may be"}));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_an_empty_text) {
  test::temporary_folder folder;
  auto path = (folder.path() / "file").string();
  std::ofstream(path).flush();
  BOOST_TEST(*read_text_file(path, 10) == "");
}
