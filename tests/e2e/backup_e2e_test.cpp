#define BOOST_TEST_MODULE backup_e2e
#include "runtime/base/sha256.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocks_store.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/e2e/background_load.hpp"
#include "tests/e2e/running_node.hpp"

#include <filesystem>
#include <fstream>
#include <sys/resource.h>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

command_result restore(const std::string& from, const std::string& to, std::vector<std::string> more = {}) {
  std::vector<std::string> command{troupe_program(), "restore", from, "--data", to};
  command.insert(command.end(), more.begin(), more.end());
  return run_program(command);
}

/// How far behind others the thread stands, by its nice value; nothing if there is no such thread.
bool has_a_thread_of_nice(pid_t pid, int nice) {
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task"))
    if (::getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoi(task.path().filename()))) == nice)
      return true;
  return false;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_backup_that_can_not_be_made_is_refused_with_what_to_do_and_the_node_serves_on) {
  running_node node;
  node.deploy("rows", "raise_on_magic");
  temporary_folder place;
  auto exists = node.troupe({"backup", place.path().string()});
  BOOST_TEST(exists.code == 1);
  BOOST_TEST(contains(exists.err, "exists"), exists.err);
  auto unwritable = node.troupe({"backup", "/proc/backup"});
  BOOST_TEST(unwritable.code == 1);
  BOOST_TEST(contains(unwritable.err, "can't make /proc/backup.partial"), unwritable.err);
  BOOST_TEST(contains(node.troupe({"events"}).out, "backup_failed"));
  BOOST_TEST(caller(node.address()).ask("rows", {row(1)}).error == "");
}

BOOST_AUTO_TEST_CASE(a_backup_made_under_load_fails_no_request_and_comes_up_as_a_second_node_beside_the_first) {
  running_node node;
  node.deploy("rows", "raise_on_magic", 2);
  temporary_folder place;
  auto backup = (place.path() / "backup").string();
  background_load load(node.address(), "rows", {row(1)});
  BOOST_REQUIRE(load.answers(200));
  auto made = node.troupe({"backup", backup});
  BOOST_TEST(made.code == 0, made.err);
  BOOST_TEST(contains(made.out, backup + ": backup of "), made.out);
  BOOST_TEST(load.end().failed == 0U);
  BOOST_TEST(has_a_thread_of_nice(node.process().pid(), 19));

  auto data = (place.path() / "data").string();
  auto restored = restore(backup, data);
  BOOST_REQUIRE_MESSAGE(restored.code == 0, restored.err);
  node_process second({troupe_program(), place.path().string(), "127.0.0.1:0", {}, false}); // its data is PLACE/data
  for (const auto& address : {second.address(), node.address()}) {
    caller client(address);
    BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).error.empty(); }));
  }
  auto told = [](const std::string& log) { return log.substr(log.find("node="), 37); };
  BOOST_TEST(told(second.log()) != told(node.process().log())); // another id
}

BOOST_AUTO_TEST_CASE(a_data_folder_in_use_is_not_restored_over) {
  running_node node;
  temporary_folder place;
  auto backup = (place.path() / "backup").string();
  BOOST_REQUIRE(node.troupe({"backup", backup}).code == 0);
  auto refused = restore(backup, node.folder() + "/data", {"--replace"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "in use by another node (process " + std::to_string(node.process().pid()) + ")"), refused.err);
  BOOST_TEST(node.troupe({"status"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_node_that_lost_a_deployment_has_it_back_after_a_restore_and_keeps_what_it_had_aside) {
  running_node node;
  node.deploy("rows", "raise_on_magic");
  temporary_folder place;
  auto backup = (place.path() / "backup").string();
  BOOST_REQUIRE(node.troupe({"backup", backup}).code == 0);
  BOOST_REQUIRE(node.troupe({"undeploy", "rows"}).code == 0);
  BOOST_TEST(node.process().stop().value_or(-1) == 0);
  auto data = node.folder() + "/data";
  BOOST_TEST(contains(restore(backup, data).err, "--replace"));
  auto restored = restore(backup, data, {"--replace"});
  BOOST_REQUIRE_MESSAGE(restored.code == 0, restored.err);
  BOOST_TEST(contains(restored.out, ".before-restore-"), restored.out);
  node.restart();
  caller client(node.address());
  BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).error.empty(); }));
}

BOOST_AUTO_TEST_CASE(a_data_folder_of_another_machine_is_refused_until_it_is_adopted) {
  running_node node;
  BOOST_TEST(node.process().stop().value_or(-1) == 0);
  auto data = node.folder() + "/data";
  {
    auto folder = data_folder::open(data).value();
    auto records = open_rocks_store(folder).value();
    auto stored = decode_node(records->get(column_family::node, "node").value()->value).value();
    BOOST_TEST(is_sha256(stored.machine_id)); // this machine's
    stored.machine_id = std::string(64, 'e');
    BOOST_REQUIRE(records->commit(transaction().put(column_family::node, "node", encode(stored))).ok());
  }
  auto refused = run_program({troupe_program(), "node", "--data", data, "--listen", "127.0.0.1:0", "--http", ""});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "this data folder belongs to machine eeeeeeeeeeee"), refused.err);
  BOOST_TEST(contains(refused.err, "--adopt"), refused.err);
  node_process adopted({troupe_program(), node.folder(), "127.0.0.1:0", {"--adopt"}, false});
  BOOST_TEST(adopted.stop().value_or(-1) == 0);
  node.restart();
  BOOST_TEST(node.troupe({"status"}).code == 0);
}
