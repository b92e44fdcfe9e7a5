#pragma once

namespace troupe {

/// How the processes of troupe-host end when they end by themselves. Every other end is a signal.
enum exit_code : int {
  finished = 0,        ///< the node closed the control socket
  bad_usage = 2,       ///< wrong arguments, or started in a way that can't work; stderr says how
  lost_node = 3,       ///< the node was gone before the process had tied its life to it
  broken_protocol = 4, ///< the node sent what this build doesn't understand
  load_failed = 5,     ///< a version template that has reported why
  start_failed = 6,    ///< a replica that could not come up; its done page says why
};

} // namespace troupe
