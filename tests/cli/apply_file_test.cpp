#define BOOST_TEST_MODULE apply_file
#include "runtime/cli/apply_file.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace troupe;

namespace {

struct file_of {
  result<std::vector<wanted_deployment>> read(const std::string& text) {
    std::ofstream(path) << text;
    return read_apply_file(path);
  }
  std::string problem(const std::string& text) {
    auto outcome = read(text);
    return outcome ? "" : outcome.failure().message;
  }

  test::temporary_folder folder;
  std::string path = (folder.path() / "apply.toml").string();
};

} // namespace

BOOST_FIXTURE_TEST_CASE(unknown_keys_are_refused_with_the_nearest_known_one, file_of) {
  BOOST_TEST(problem("[[deployment]]\nname = \"a\"\nfolder = \"b\"\nreplica = 2\n")
             == path + ":4: deployment[0]: unknown key 'replica'; did you mean 'replicas'?");
  BOOST_TEST(problem("[[deployments]]\nname = \"a\"\n").find("unknown key 'deployments'; did you mean 'deployment'?")
             != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(every_problem_is_told_at_once_with_line_and_field, file_of) {
  BOOST_TEST(problem("[[deployment]]\nname = \"Digits!\"\nreplicas = 0\n[[deployment]]\nname = \"a\"\nfolder = \"b\"\n"
                     "[[deployment]]\nname = \"a\"\nfolder = 7\n")
             == path + ":1: deployment[0].folder: missing; expected a model's folder, e.g. \"digits/cnn\"\n" + path
                    + ":2: deployment[0].name: expected up to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit, "
                      "found \"Digits!\"\n"
                    + path + ":3: deployment[0].replicas: expected a whole number from 1 to 256, found 0\n" + path
                    + ":8: deployment[2].name: \"a\" stands in this file twice\n" + path
                    + ":9: deployment[2].folder: expected a model's folder, e.g. \"digits/cnn\", found 7");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_asks_for_nothing_is_refused, file_of) {
  BOOST_TEST(problem("") == path + ":1: deployment: expected at least one [[deployment]]");
  BOOST_TEST((read_apply_file("/nowhere.toml").failure().code == error_code::not_found));
}

BOOST_FIXTURE_TEST_CASE(folders_are_taken_from_the_files_own, file_of) {
  auto all = read(
      "[[deployment]]\nname = \"a\"\nfolder = \"models/../b\"\nreplicas = 2\n[[deployment]]\nname = \"c\"\nfolder = \"/d\"\n");
  BOOST_REQUIRE(all.ok());
  BOOST_TEST((*all)[0].folder == (folder.path() / "b").string());
  BOOST_TEST((*all)[0].replicas == 2U);
  BOOST_TEST((*all)[1].folder == "/d");
  BOOST_TEST((*all)[1].replicas == 0U);
  BOOST_TEST((*all)[1].strategy == "");
}

BOOST_FIXTURE_TEST_CASE(labels_and_strategies_are_as_deploy_takes_them, file_of) {
  auto all = read("[[deployment]]\nname = \"a\"\nfolder = \"b\"\non = \"zone=a\"\nstrategy = \"canary\"\n"
                  "[[deployment]]\nname = \"c\"\nfolder = \"d\"\nstrategy = \"./slow.toml\"\n");
  BOOST_REQUIRE(all.ok());
  BOOST_TEST((*all)[0].on == "zone=a");
  BOOST_TEST((*all)[0].strategy == "canary");
  BOOST_TEST((*all)[1].strategy == (folder.path() / "./slow.toml").string());
}
