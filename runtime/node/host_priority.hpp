#pragma once

#include <sys/types.h>

namespace troupe {

/// Whether this process may take a host's idle priority back again (see set_idle): it is root, has CAP_SYS_NICE, or its limit of niceness is 0 or less
/// (`LimitNICE=+0` of systemd). Linux lets everybody give it.
bool may_end_idling();

/// All threads of the process run only on processors that would be idle otherwise (SCHED_IDLE), or again as others do. One that is gone is no mistake.
void set_idle(pid_t process, bool idle);

} // namespace troupe
