#include "runtime/host/process.hpp"

#include "runtime/base/unique_fd.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t address_space_max_pages = (1ULL << 47) / page_bytes; // of a 64-bit process

rlimit address_space_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  return limit;
}

/// Whether one more page fits under a soft limit of `pages`.
bool another_page_fits(std::uint64_t pages, rlim_t hard) {
  rlimit limit{pages * page_bytes, hard};
  ::setrlimit(RLIMIT_AS, &limit);
  void* page = ::mmap(nullptr, page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return false;
  ::munmap(page, page_bytes);
  return true;
}

} // namespace

bool follow_node(pid_t node) {
  // The order matters: a node that dies between the two lines is seen by one of them.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return ::getppid() == node;
}

void set_title(const std::string& title) {
  ::prctl(PR_SET_NAME, title.c_str());
}

void limit_resource(int resource, rlim_t value) {
  rlimit limit{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

result<void> drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, none) != 0)
    return error{error_code::internal, std::string("cannot drop capabilities: ") + std::strerror(errno)};
  return {};
}

void reset_signal_handlers() {
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL); // refused for SIGKILL and SIGSTOP, which have no handlers
}

void volunteer_for_oom() {
  constexpr char score[] = "500"; // of 1000; the node has 0
  unique_fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), score, sizeof score - 1) < 0)
    return; // a kernel without it: nothing is lost but the order
}

result<void> silence_stdio() {
  unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (!null || ::dup2(null.get(), fd) < 0)
      return error{error_code::internal, std::string("cannot silence the host: ") + std::strerror(errno)};
  return {};
}

int thread_count() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++count;
  return count;
}

std::uint64_t address_space_bytes() {
  rlimit before = address_space_limit();
  std::uint64_t low = 0; // doesn't fit
  std::uint64_t high = address_space_max_pages;
  while (high - low > 1) {
    std::uint64_t middle = low + (high - low) / 2;
    (another_page_fits(middle, before.rlim_max) ? high : low) = middle;
  }
  ::setrlimit(RLIMIT_AS, &before);
  return (high - 1) * page_bytes;
}

void limit_address_space(std::uint64_t bytes, limit_kind kind) {
  rlimit limit{bytes, kind == limit_kind::soft ? address_space_limit().rlim_max : bytes};
  ::setrlimit(RLIMIT_AS, &limit);
}

void trim_memory() {
  ::malloc_trim(0);
}

} // namespace troupe
