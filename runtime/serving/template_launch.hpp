#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <string>
#include <sys/types.h>

namespace troupe {

struct launched_template {
  pid_t pid = 0;
  unique_fd pidfd;
  unique_fd control; ///< SOCK_SEQPACKET, non-blocking
};

/// Starts troupe-host as a template. It dies with the calling *thread*. Of the caller's descriptors it gets none but stderr.
result<launched_template> launch_template(const std::string& host_path);

/// A control socket pair whose near end does not block.
struct control_pair {
  unique_fd ours;
  unique_fd theirs;
};
result<control_pair> make_control_pair();

} // namespace troupe
