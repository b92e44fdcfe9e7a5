#pragma once

#include "runtime/gateway/kj_loop.hpp"

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// Opens data connections to other nodes of the cluster.
class data_dialler {
public:
  virtual ~data_dialler() = default;
  /// A connection to that node, which has proved that it is that node, on the calling loop. Fails if there is none within its own time limit;
  /// what it fails with goes to the log. A connection whose machine has vanished must fail some time later.
  virtual kj::Promise<kj::Own<kj::AsyncIoStream>> connect(kj_loop& on, const std::string& node_id) = 0;
};

} // namespace troupe
