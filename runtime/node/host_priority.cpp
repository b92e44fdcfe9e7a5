#include "runtime/node/host_priority.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe {

namespace {

bool has_nice_capability() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & (1U << CAP_SYS_NICE)) != 0;
}

} // namespace

bool may_end_idling() {
  constexpr rlim_t of_niceness_0 = 20; // 20 less the niceness: getrlimit(2)
  rlimit limit{};
  return has_nice_capability() || (::getrlimit(RLIMIT_NICE, &limit) == 0 && limit.rlim_cur >= of_niceness_0);
}

void set_idle(pid_t process, bool idle) {
  const sched_param none{};
  std::error_code gone;
  for (std::filesystem::directory_iterator each("/proc/" + std::to_string(process) + "/task", gone), end; !gone && each != end;
       each.increment(gone))
    ::sched_setscheduler(static_cast<pid_t>(std::strtol(each->path().filename().c_str(), nullptr, 10)),
                         idle ? SCHED_IDLE : SCHED_OTHER, &none);
}

} // namespace troupe
