#include "runtime/base/unique_fd.hpp"
#include "runtime/cli/machine_probe.hpp"

#include <csignal>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe {

namespace {

bool has_seccomp_filter() {
  std::uint32_t refuse = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &refuse) == 0;
}

bool has_no_new_privs() {
  return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
}

/// Forked replicas tell libc their thread's address by it.
bool has_tid_address() {
  int* address = nullptr;
  return ::prctl(PR_GET_TID_ADDRESS, &address) == 0;
}

bool has_pidfd_open() {
  return static_cast<bool>(unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))));
}

/// As the hosts are forked: the child's pidfd comes with it.
bool has_clone_pidfd() {
  int pidfd = -1;
  long pid = ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &pidfd, nullptr, nullptr);
  if (pid == 0)
    ::_exit(0);
  if (pid < 0)
    return false;
  ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
  return static_cast<bool>(unique_fd(pidfd));
}

bool has_sealed_memory() {
  unique_fd memory(::memfd_create("troupe-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  return memory && ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

bool has_close_range() {
  return ::syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
}

struct feature {
  const char* name;
  bool (*there)();
};

constexpr feature features[] = {
    {"seccomp filters", has_seccomp_filter}, {"no_new_privs", has_no_new_privs},          {"PR_GET_TID_ADDRESS", has_tid_address},
    {"pidfd_open", has_pidfd_open},          {"clone with CLONE_PIDFD", has_clone_pidfd}, {"sealed memfds", has_sealed_memory},
    {"close_range", has_close_range}};

} // namespace

kernel_facts probe_kernel() {
  kernel_facts facts;
  utsname name{};
  ::uname(&name);
  facts.release = std::string(name.sysname) + " " + name.release;
  for (const auto& one : features)
    if (!one.there())
      facts.missing.emplace_back(one.name);
  return facts;
}

} // namespace troupe
