#define BOOST_TEST_MODULE doctor_command
#include "runtime/base/unique_fd.hpp"
#include "runtime/cli/machine_probe.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace troupe;
using nlohmann::json;
using test::connected;

/// A host program that says this of itself.
std::string host_program(connected& on, const std::string& says) {
  auto path = on.file("host", "#!/bin/sh\necho '" + says + "'\n");
  ::chmod(path.c_str(), 0755);
  return path;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(the_doctor_shows_every_check_and_exits_with_1_if_one_is_bad, connected) {
  auto config = file("troupe.toml", "host_binary = \"/nowhere/troupe-host\"\nlisten = \"" + server.address() + "\"\n");
  BOOST_TEST(run({"doctor", "--config", config.c_str(), "--data", folder.path().c_str()}) == 1);
  BOOST_TEST(out.find("CHECK ") == 0U);
  BOOST_TEST(out.find("/nowhere/troupe-host: No such file or directory") != std::string::npos, out);
  BOOST_TEST(out.find("troupe-host: put troupe-host beside troupe") != std::string::npos, out);
  BOOST_TEST(out.find(server.address() + ": node-1, troupe 0.1.0, pid 42 is there") != std::string::npos, out);
  BOOST_TEST(err.find("bad") != std::string::npos, err);
}

BOOST_FIXTURE_TEST_CASE(the_doctor_tells_programs_everything, connected) {
  auto config = file("troupe.toml", "host_binary = \"/nowhere/troupe-host\"\n");
  BOOST_TEST(run({"doctor", "--config", config.c_str(), "-o", "json"}) == 1);
  auto findings = json::parse(out)["findings"];
  BOOST_TEST(findings[0]["check"] == "troupe-host");
  BOOST_TEST(findings[0]["state"] == "bad");
  BOOST_TEST(findings.size() == 17U);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_config_file_is_bad_usage, connected) {
  auto config = file("troupe.toml", "lissten = 1\n");
  BOOST_TEST(run({"doctor", "--config", config.c_str()}) == 2);
  BOOST_TEST(err == "error: " + config + ":1: unknown key 'lissten'; did you mean 'listen'?\n");
}

BOOST_FIXTURE_TEST_CASE(a_host_program_is_asked_for_its_version, connected) {
  auto good = probe_host_program(host_program(*this, "troupe-host 0.1.0, libtorch"));
  BOOST_TEST(good.version == "troupe-host 0.1.0, libtorch");
  BOOST_TEST(probe_host_program(host_program(*this, "")).reason == "its --version failed");
  BOOST_TEST(probe_host_program("/nowhere").reason == "No such file or directory");
}

BOOST_FIXTURE_TEST_CASE(this_machine_can_run_the_tests_so_its_kernel_lacks_nothing, connected) {
  BOOST_TEST(probe_kernel().missing.empty());
  auto limits = probe_limits();
  BOOST_TEST(limits.cores > 0U);
  BOOST_TEST(limits.memory_available > 0U);
  BOOST_TEST(limits.open_files_max > 0U);
}

BOOST_FIXTURE_TEST_CASE(an_address_is_free_or_a_nodes_or_somebody_elses, connected) {
  BOOST_TEST(probe_listen("127.0.0.1:0").refusal == "");
  BOOST_TEST(probe_listen(server.address()).node == "node-1, troupe 0.1.0, pid 42");
  BOOST_TEST(probe_listen("192.0.2.1:7550").refusal == "Cannot assign requested address");
}

BOOST_FIXTURE_TEST_CASE(a_data_folder_is_looked_at_and_not_touched, connected) {
  auto path = folder.path() / "not" / "there";
  auto facts = probe_data_folder(path.string());
  BOOST_TEST(!facts.there);
  BOOST_TEST(facts.refusal == "");
  BOOST_TEST(facts.free_bytes > 0U);
  BOOST_TEST(facts.filesystem != "");
  BOOST_TEST(!std::filesystem::exists(folder.path() / "not"));
  BOOST_TEST(probe_data_folder(file("file", "") + "/below").refusal == (folder.path() / "file").string() + " is no folder");
}

BOOST_FIXTURE_TEST_CASE(the_process_that_holds_a_data_folder_is_found, connected) {
  unique_fd lock(::open((folder.path() / "lock").c_str(), O_RDWR | O_CREAT, 0600));
  BOOST_TEST(!probe_data_folder(folder.path().string()).holder.has_value());
  BOOST_REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  BOOST_TEST(probe_data_folder(folder.path().string()).holder.value_or(-1) == ::getpid());
}
