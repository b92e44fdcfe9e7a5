#include "runtime/host/sandbox.hpp"

#include "runtime/base/unique_fd.hpp"
#include "runtime/host/fork.hpp"

#include <cerrno>
#include <cstring>
#include <linux/seccomp.h>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe {

namespace {

/// What libtorch needs at work. Not there on purpose: kill and tgkill (a host could signal the node; abort() then ends in a
/// fault instead of SIGABRT), fcntl (it could make the node's writes block), open, socket, ptrace.
constexpr int calls_at_work[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(restart_syscall), // a poll that SIGSTOP interrupted
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mprotect), // with PROT_EXEC: oneDNN compiles for each new shape
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

constexpr int calls_to_load_and_fork[] = {
    SCMP_SYS(pread64), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(getppid), SCMP_SYS(seccomp),
};

/// What glibc's pthread_create passes.
constexpr unsigned long thread_flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD
                                       | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

using filter_ptr = std::unique_ptr<void, decltype(&::seccomp_release)>;

/// Collects libseccomp's verdicts; the first failure is kept.
class rule_list {
public:
  rule_list() : filter_(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), &::seccomp_release) {}

  void allow(int number) { keep(::seccomp_rule_add(filter_.get(), SCMP_ACT_ALLOW, number, 0)); }
  void allow_if(int number, scmp_arg_cmp argument) {
    keep(::seccomp_rule_add(filter_.get(), SCMP_ACT_ALLOW, number, 1, argument));
  }
  void allow_if(int number, scmp_arg_cmp first, scmp_arg_cmp second) {
    keep(::seccomp_rule_add(filter_.get(), SCMP_ACT_ALLOW, number, 2, first, second));
  }
  void answer(int number, int error_number) {
    keep(::seccomp_rule_add(filter_.get(), SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error_number)), number, 0));
  }
  result<seccomp_program> compile();

private:
  void keep(int outcome) { failure_ = failure_ != 0 ? failure_ : outcome; }

  filter_ptr filter_;
  int failure_ = 0;
};

result<seccomp_program> rule_list::compile() {
  unique_fd file(::memfd_create("seccomp", MFD_CLOEXEC));
  keep(::seccomp_export_bpf(filter_.get(), file.get()));
  auto size = ::lseek(file.get(), 0, SEEK_CUR);
  if (failure_ != 0 || size <= 0)
    return error{error_code::internal, std::string("cannot build the sandbox: ") + std::strerror(-failure_)};
  std::vector<sock_filter> code(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(file.get(), code.data(), static_cast<std::size_t>(size), 0) != size)
    return error{error_code::internal, "cannot build the sandbox: short read"};
  return seccomp_program(std::move(code));
}

enum class threads { no, yes };

rule_list rules_at_work(threads wanted) {
  rule_list rules;
  for (int call : calls_at_work)
    rules.allow(call);
  rules.answer(SCMP_SYS(clone3), ENOSYS); // its flags are in memory, out of a filter's sight; glibc falls back to clone
  if (wanted == threads::yes)
    rules.allow_if(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_EQ, thread_flags));
  // Its own address space only. Without capabilities a hard limit can't be raised again.
  rules.allow_if(SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A1(SCMP_CMP_EQ, RLIMIT_AS));
  return rules;
}

result<seccomp_program> version_template_program(threads later) {
  auto rules = rules_at_work(later);
  for (int call : calls_to_load_and_fork)
    rules.allow(call);
  rules.allow_if(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_EQ, sibling_fork_flags()));
  rules.allow_if(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG));
  rules.allow_if(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
  return rules.compile();
}

result<seccomp_program> replica_program(threads wanted) {
  return rules_at_work(wanted).compile();
}

void set_default_stack_size(std::size_t bytes) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, bytes);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

} // namespace

result<void> seccomp_program::install() const {
  sock_fprog program{static_cast<unsigned short>(code_.size()), const_cast<sock_filter*>(code_.data())};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    return error{error_code::internal, std::string("cannot enter the sandbox: ") + std::strerror(errno)};
  return {};
}

result<sandbox_programs> sandbox_programs::compile() {
  auto version = version_template_program(threads::no);
  auto version_threads = version_template_program(threads::yes);
  auto replica = replica_program(threads::no);
  auto replica_threads = replica_program(threads::yes);
  for (const auto* program : {&version, &version_threads, &replica, &replica_threads})
    if (!*program)
      return program->failure();
  return sandbox_programs{std::move(*version), std::move(*version_threads), std::move(*replica), std::move(*replica_threads)};
}

void refuse_threads() {
  constexpr std::size_t more_than_fits = 1ULL << 60; // bytes, beyond any address space
  set_default_stack_size(more_than_fits);
}

void allow_threads() {
  constexpr std::size_t usual_stack = 8ULL << 20; // bytes, as glibc takes from the usual RLIMIT_STACK
  set_default_stack_size(usual_stack);
}

} // namespace troupe
