#define BOOST_TEST_MODULE host_life
#include "tests/host/raw_node.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::test;

namespace {

std::string command_name(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

std::chrono::nanoseconds cpu_time(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/schedstat");
  std::int64_t count = 0;
  file >> count;
  return std::chrono::nanoseconds(count);
}

/// A node with one replica that is up.
struct troop {
  raw_template forker;
  raw_version version;
  raw_replica replica;

  troop() : version(forker.load(model_path("identity_fp32"), row_spec(1, 64), "digits@3")), replica(up(version)) {}

  static raw_replica up(raw_version& version) {
    BOOST_REQUIRE_EQUAL(version.await_ready(), "");
    auto replica = version.fork();
    replica.await();
    return replica;
  }

  bool serves() { return replica.run(1, {fp32({1, 1}, {1})}).page.status == static_cast<std::uint32_t>(done_status::outputs); }
};

std::string wait_for(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid)
    return "lost";
  return WIFSIGNALED(status) ? "signal:" + std::to_string(WTERMSIG(status)) : "exit:" + std::to_string(WEXITSTATUS(status));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_template_whose_socket_is_closed_ends) {
  troop all;
  all.forker.control.reset();
  BOOST_TEST(all.forker.process.end() == "exit:0");
  BOOST_TEST(all.serves());
}

BOOST_AUTO_TEST_CASE(a_version_template_whose_socket_is_closed_ends_and_its_replicas_live_on) {
  troop all;
  all.version.control.reset();
  BOOST_TEST(all.version.process.end() == "exit:0");
  BOOST_TEST(all.serves());
}

BOOST_AUTO_TEST_CASE(a_version_template_that_is_killed_leaves_its_replicas_alive) {
  troop all;
  all.version.process.signal(SIGKILL);
  BOOST_TEST(all.version.process.end() == "signal:9");
  BOOST_TEST(all.serves());
}

BOOST_AUTO_TEST_CASE(all_processes_die_with_the_node) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1); // orphans come to this process
  int pipe[2];
  BOOST_REQUIRE(::pipe(pipe) == 0);
  pid_t node = ::fork();
  if (node == 0) {
    troop all;
    pid_t pids[] = {all.forker.process.pid(), all.version.process.pid(), all.replica.process.pid()};
    [[maybe_unused]] auto written = ::write(pipe[1], pids, sizeof pids);
    ::pause();
  }
  pid_t pids[3] = {};
  BOOST_REQUIRE(::read(pipe[0], pids, sizeof pids) == sizeof pids);
  ::kill(node, SIGKILL);
  BOOST_TEST(wait_for(node) == "signal:9");
  // The first two may see their socket closed before they see their parent dead.
  BOOST_TEST(wait_for(pids[0]) != "lost");
  BOOST_TEST(wait_for(pids[1]) != "lost");
  BOOST_TEST(wait_for(pids[2]) == "signal:9");
}

BOOST_AUTO_TEST_CASE(processes_show_what_they_serve) {
  troop all;
  BOOST_TEST(command_name(all.forker.process.pid()) == "host template");
  BOOST_TEST(command_name(all.version.process.pid()) == "tpl digits@3");
  BOOST_TEST(command_name(all.replica.process.pid()) == "host digits@3");
}

BOOST_AUTO_TEST_CASE(a_replica_holds_no_descriptor_but_its_memory_and_two_bells) {
  troop all;
  int others = 0;
  for (const auto& [fd, file] : open_files(all.replica.process.pid()))
    others += file != "/dev/null" && file != "/memfd:host (deleted)" && file != "anon_inode:[eventfd]" ? 1 : 0;
  BOOST_TEST(others == 0);
  BOOST_TEST(open_files(all.replica.process.pid()).size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_new_replica_is_up_before_its_first_pass_and_makes_it_when_nobody_asks) {
  constexpr std::chrono::milliseconds well_into_a_pass{300}; // it takes a second or so
  raw_template forker;
  auto version = forker.load(model_path("slow"), row_spec(4, 1));
  auto replica = troop::up(version);
  BOOST_TEST((cpu_time(replica.process.pid()) < well_into_a_pass));
  BOOST_TEST(eventually([&] { return cpu_time(replica.process.pid()) > well_into_a_pass; }));
}
