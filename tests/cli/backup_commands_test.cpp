#define BOOST_TEST_MODULE backup_commands
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace troupe;
using test::command_line;
using test::connected;

BOOST_FIXTURE_TEST_CASE(a_backup_goes_to_an_absolute_path, connected) {
  auto expected = (std::filesystem::current_path() / "here").string();
  BOOST_TEST(run({"backup", "./here"}) == 0);
  BOOST_TEST(server.calls().back() == "backup " + expected);
  BOOST_TEST(out == expected + ": backup of 2 KiB in 7 files; `troupe restore` makes a data folder of it\n");
  BOOST_TEST(run({"backup", "/full"}) == 1);
  BOOST_TEST(err == "error: can't write /full; free some space and try again\n");
}

BOOST_FIXTURE_TEST_CASE(a_backup_to_no_place_at_all_is_refused, connected) {
  BOOST_TEST(run({"backup", ""}) == 2);
  BOOST_TEST(err == "error: can't tell where '' is; name an absolute path\n");
}

BOOST_FIXTURE_TEST_CASE(a_restore_says_where_the_data_are_and_what_it_moved_aside, command_line) {
  BOOST_TEST(run({"restore", "b", "--data", "d", "--replace"}) == 0);
  BOOST_TEST(restored.backup == "b");
  BOOST_TEST(restored.data_folder == "d");
  BOOST_TEST(restored.replace);
  BOOST_TEST(out == "d: restored 2 KiB in 7 files, as of 2026-11-24T10:33:19Z; start it with `troupe node --data d`\n");
  restore_outcome->moved_aside = "d.old";
  BOOST_TEST(run({"restore", "b"}) == 0);
  BOOST_TEST(out.find("what was in troupe-data is in d.old now\n") == 0U);
  restore_outcome = error{error_code::corrupt, "file store/1.sst of the backup is not what its manifest says"};
  BOOST_TEST(run({"restore", "b"}) == 1);
  BOOST_TEST(err == "error: file store/1.sst of the backup is not what its manifest says\n");
}

BOOST_FIXTURE_TEST_CASE(a_restore_to_lead_says_in_which_epoch_and_what_the_backup_did_not_know, command_line) {
  restore_outcome->epoch = 3;
  restore_outcome->warnings = {"node n3 joined after the backup: it stays a member"};
  BOOST_TEST(run({"restore", "b", "--data", "d", "--lead"}) == 0);
  BOOST_TEST(restored.lead);
  BOOST_TEST(err == "warning: node n3 joined after the backup: it stays a member\n");
  BOOST_TEST(out.find("and leads in epoch 3; start the node as before") != std::string::npos, out);
  BOOST_TEST(run({"restore", "b", "--data", "d", "--lead", "-o", "json"}) == 0);
  BOOST_TEST(out.find("\"epoch\": 3") != std::string::npos, out);
}
