#define BOOST_TEST_MODULE process_usage
#include "runtime/gateway/process_usage.hpp"
#include "tests/support/sim_time.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// The id of a process that there was.
pid_t gone_process() {
  auto pid = ::fork();
  if (pid == 0)
    ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  return pid;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_process_that_has_gone_has_no_figures) {
  auto pid = gone_process();
  BOOST_TEST(!cpu_time_of(pid).has_value());
  BOOST_TEST(!memory_of(pid).has_value());
}

BOOST_AUTO_TEST_CASE(processor_time_is_what_the_process_has_burnt) {
  auto begin = cpu_time_of(::getpid());
  BOOST_REQUIRE(begin.has_value());
  auto end = begin;
  auto deadline = std::chrono::steady_clock::now() + 30s;
  while (*end - *begin < 50ms && std::chrono::steady_clock::now() < deadline)
    end = cpu_time_of(::getpid());
  BOOST_TEST((*end - *begin >= 50ms));
}

BOOST_AUTO_TEST_CASE(memory_is_what_the_process_holds) {
  constexpr std::size_t size = 64 << 20;
  auto before = memory_of(::getpid());
  BOOST_REQUIRE(before.has_value());
  std::vector<char> held(size, 1);
  BOOST_TEST(*memory_of(::getpid()) >= *before + size / 2);
  BOOST_TEST(held[size / 2] == 1);
}

BOOST_AUTO_TEST_CASE(memory_is_read_again_only_after_a_while) {
  sim_time time;
  memory_meter meter;
  auto first = meter.read(::getpid(), time.now());
  BOOST_REQUIRE(first.has_value());
  constexpr std::size_t size = 64 << 20;
  std::vector<char> held(size, 1);
  time.move_to(time.now() + 9s);
  meter.forget_old(time.now());
  BOOST_TEST(*meter.read(::getpid(), time.now()) == *first);
  time.move_to(time.now() + 1s);
  BOOST_TEST(*meter.read(::getpid(), time.now()) >= *first + size / 2);
  BOOST_TEST(held[size / 2] == 1);
}

BOOST_AUTO_TEST_CASE(the_machine_has_memory_and_processors_that_are_partly_in_use) {
  auto memory = memory_of_machine();
  BOOST_TEST(memory.total_bytes > 0U);
  BOOST_TEST(memory.used_bytes > 0U);
  BOOST_TEST(memory.used_bytes < memory.total_bytes);
  sim_time time;
  processor_meter meter;
  auto share = meter.read(time.now());
  BOOST_TEST((share >= 0 && share <= 1));
  BOOST_TEST(meter.read(time.now() + 999ms) == share);
}
