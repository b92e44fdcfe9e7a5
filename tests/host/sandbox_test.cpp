#define BOOST_TEST_MODULE sandbox
#include "runtime/host/fork.hpp"
#include "runtime/host/process.hpp"
#include "runtime/host/sandbox.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace troupe;

namespace {

constexpr int not_entered = 200; // no errno

const sandbox_programs& programs() {
  static const auto compiled = sandbox_programs::compile();
  BOOST_REQUIRE(compiled.ok());
  return *compiled;
}

/// How `call` ends in a process that has installed the programs, in this order: its errno, or 0.
template <class Call>
int inside(std::initializer_list<const seccomp_program*> layers, Call call) {
  pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (const auto* layer : layers)
      if (!layer->install())
        ::_exit(not_entered);
    errno = 0;
    call();
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

template <class Call>
int in_version_template(Call call) {
  return inside({&programs().version_template}, call);
}

template <class Call>
int in_replica(Call call) {
  return inside({&programs().version_template, &programs().replica}, call);
}

template <class Call>
int in_replica_of_threads(Call call) {
  return inside({&programs().version_template_of_threads, &programs().replica_of_threads}, call);
}

void start_thread() {
  try {
    std::thread([] {}).join();
  } catch (const std::system_error& refused) {
    errno = refused.code().value();
  }
}

struct named_call {
  const char* name;
  void (*make)();
};

/// What a model in the hands of an attacker would try.
const named_call hostile_calls[] = {
    {"open", [] { ::open("/etc/passwd", O_RDONLY); }},
    {"open to write", [] { ::open("/tmp/troupe-sandbox-test", O_CREAT | O_WRONLY, 0600); }},
    {"unlink", [] { ::unlink("/nonexistent"); }},
    {"socket", [] { ::socket(AF_INET, SOCK_STREAM, 0); }},
    {"execve", [] { ::execl("/bin/true", "true", nullptr); }},
    {"fork", [] { ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
    {"vfork", [] { ::syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
    {"kill the node", [] { ::kill(::getppid(), SIGKILL); }},
    {"signal a thread", [] { ::syscall(SYS_tgkill, ::getpid(), ::gettid(), 0); }},
    {"ptrace", [] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
    {"fcntl", [] { ::fcntl(STDOUT_FILENO, F_SETFL, 0); }},
    {"ioctl", [] { ::syscall(SYS_ioctl, STDOUT_FILENO, 0, nullptr); }},
    {"ftruncate", [] { ::ftruncate(STDOUT_FILENO, 0); }},
    {"memfd_create", [] { ::memfd_create("x", 0); }},
    {"eventfd", [] { ::eventfd(0, 0); }},
    {"prctl", [] { ::prctl(PR_SET_DUMPABLE, 1); }},
    {"limits but its own memory's",
     [] {
       rlimit limit{1, 1};
       ::setrlimit(RLIMIT_NOFILE, &limit);
     }},
    {"limits of others",
     [] {
       rlimit limit{1, 1};
       ::syscall(SYS_prlimit64, 1, RLIMIT_AS, &limit, nullptr);
     }},
};

} // namespace

BOOST_AUTO_TEST_CASE(hostile_calls_fail_in_every_host) {
  for (const auto& call : hostile_calls) {
    BOOST_TEST(in_version_template(call.make) == EPERM, call.name);
    BOOST_TEST(in_replica(call.make) == EPERM, call.name);
    BOOST_TEST(in_replica_of_threads(call.make) == EPERM, call.name);
  }
}

BOOST_AUTO_TEST_CASE(clone3_is_answered_as_by_an_old_kernel) {
  auto call = [] {
    clone_args arguments{};
    ::syscall(SYS_clone3, &arguments, sizeof arguments);
  };
  BOOST_TEST(in_version_template(call) == ENOSYS);
  BOOST_TEST(in_replica(call) == ENOSYS);
}

BOOST_AUTO_TEST_CASE(a_version_template_can_fork_replicas_and_a_replica_cannot) {
  auto forker = sibling_forker::make();
  BOOST_REQUIRE(forker.ok());
  auto call = [&] {
    auto child = forker->fork();
    if (child && child->pid == 0)
      ::_exit(0);
    errno = child ? 0 : errno;
  };
  BOOST_TEST(in_version_template(call) == 0);
  BOOST_TEST(in_replica(call) == EPERM);
  BOOST_TEST(in_replica_of_threads(call) == EPERM);
  while (::waitpid(-1, nullptr, 0) > 0) // the replica is a child of this process
    continue;
}

BOOST_AUTO_TEST_CASE(threads_start_only_where_the_version_asks_for_them) {
  BOOST_TEST(in_version_template(start_thread) != 0);
  BOOST_TEST(in_replica(start_thread) != 0);
  BOOST_TEST(in_replica_of_threads(start_thread) == 0);
}

BOOST_AUTO_TEST_CASE(threads_that_are_refused_work_again_once_allowed) {
  BOOST_TEST(inside({&programs().version_template_of_threads},
                    [] {
                      refuse_threads();
                      start_thread();
                    })
             == EAGAIN);
  BOOST_TEST(inside({&programs().version_template_of_threads, &programs().replica_of_threads},
                    [] {
                      refuse_threads();
                      start_thread();
                      errno = 0;
                      allow_threads();
                      start_thread();
                    })
             == 0);
}

BOOST_AUTO_TEST_CASE(a_replica_cannot_send_or_receive_packets) {
  int pair[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
  msghdr empty{};
  BOOST_TEST(in_version_template([&] { ::sendmsg(pair[0], &empty, 0); }) == 0);
  BOOST_TEST(in_replica([&] { ::sendmsg(pair[0], &empty, 0); }) == EPERM);
  BOOST_TEST(in_replica([&] { ::recvmsg(pair[0], &empty, MSG_DONTWAIT); }) == EPERM);
  ::close(pair[0]);
  ::close(pair[1]);
}

BOOST_AUTO_TEST_CASE(a_memory_limit_set_for_good_cannot_be_raised) {
  constexpr std::uint64_t room = 64ULL << 20;
  auto map = [](std::uint64_t bytes) {
    if (::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
      errno = 0;
  };
  auto limited = [&](std::uint64_t bytes) {
    return inside({}, [&, bytes] {
      if (!drop_capabilities())
        ::_exit(not_entered);
      limit_address_space(address_space_bytes() + room, limit_kind::for_good);
      limit_address_space(RLIM_INFINITY, limit_kind::for_good);
      map(bytes);
    });
  };
  BOOST_TEST(limited(room / 2) == 0);
  BOOST_TEST(limited(room * 2) == ENOMEM);
}
