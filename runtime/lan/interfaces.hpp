#pragma once

namespace troupe {

/// Whether an interface of this machine, besides loopback, is up and does multicast.
bool reaches_others_by_multicast();

} // namespace troupe
