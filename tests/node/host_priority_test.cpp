#define BOOST_TEST_MODULE host_priority
#include "runtime/node/host_priority.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;

namespace {

/// A process that waits to be killed.
struct child {
  pid_t pid = ::fork();

  child() {
    while (pid == 0)
      ::pause();
  }
  ~child() { end(); }
  void end() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_process_that_is_gone_is_passed_over) {
  child gone;
  gone.end();
  set_idle(gone.pid, true);
}

BOOST_AUTO_TEST_CASE(a_process_idles_and_runs_again_where_that_is_allowed) {
  child host;
  set_idle(host.pid, true);
  BOOST_TEST(::sched_getscheduler(host.pid) == SCHED_IDLE);
  set_idle(host.pid, false);
  BOOST_TEST((::sched_getscheduler(host.pid) == SCHED_OTHER) == may_end_idling());
}
