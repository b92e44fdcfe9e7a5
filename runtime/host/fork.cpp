#include "runtime/host/fork.hpp"

#include <cerrno>
#include <cstring>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe {

unsigned long sibling_fork_flags() {
  return CLONE_PARENT | CLONE_PIDFD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
}

result<sibling_forker> sibling_forker::make() {
  int* address = nullptr;
  if (::prctl(PR_GET_TID_ADDRESS, &address) != 0)
    return error{error_code::failed_precondition, "this kernel lacks CONFIG_CHECKPOINT_RESTORE, which hosts need to fork"};
  return sibling_forker(address);
}

result<sibling_forker::forked> sibling_forker::fork() const {
  int pidfd = -1;
#if defined(__x86_64__)
  long pid = ::syscall(SYS_clone, sibling_fork_flags(), nullptr, &pidfd, tid_address_, nullptr);
#elif defined(__aarch64__)
  long pid = ::syscall(SYS_clone, sibling_fork_flags(), nullptr, &pidfd, nullptr, tid_address_);
#else
#error "the order of clone's arguments is not known for this machine"
#endif
  if (pid < 0)
    return error{error_code::unavailable, std::string("cannot fork a host: ") + std::strerror(errno)};
  return forked{static_cast<pid_t>(pid), unique_fd(pid == 0 ? -1 : pidfd)};
}

} // namespace troupe
