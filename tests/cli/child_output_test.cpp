#define BOOST_TEST_MODULE child_output
#include "runtime/cli/child_output.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

result<child_end> shell(const std::string& script, const std::string& input = "", const child_limits& limits = {30s, 1 << 20}) {
  return run_child({"/bin/sh", "-c", script}, input, limits);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_named) {
  auto end = run_child({"/nowhere/program"}, "", {1s, 100});
  BOOST_REQUIRE(!end.ok());
  BOOST_TEST((end.failure().code == error_code::io_failed));
  BOOST_TEST(end.failure().message == "can't start '/nowhere/program': No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_killed_when_its_time_is_over) {
  auto end = shell("exec sleep 1000", "", {50ms, 100});
  BOOST_REQUIRE(!end.ok());
  BOOST_TEST((end.failure().code == error_code::deadline_exceeded));
  BOOST_TEST(end.failure().message == "not done within 50 ms");
}

BOOST_AUTO_TEST_CASE(a_program_that_never_stops_talking_is_killed) {
  auto end = shell("exec cat /dev/zero", "", {30s, 100'000});
  BOOST_REQUIRE(!end.ok());
  BOOST_TEST((end.failure().code == error_code::overloaded));
}

BOOST_AUTO_TEST_CASE(how_it_ended_is_told) {
  BOOST_TEST(shell("exit 5")->exit_code == 5);
  BOOST_TEST(shell("kill -11 $$")->signal == 11);
}

BOOST_AUTO_TEST_CASE(input_goes_in_and_output_comes_out_however_long) {
  std::string text(500'000, 'x');
  auto end = shell("exec cat", text);
  BOOST_REQUIRE(end.ok());
  BOOST_TEST((end->output == text));
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_want_its_input_harms_nobody) {
  auto end = shell("exec 0<&-; echo done", std::string(500'000, 'x'));
  BOOST_REQUIRE(end.ok());
  BOOST_TEST(end->output == "done\n");
}
