#pragma once

#include "runtime/base/model_spec.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/host/model.hpp"
#include "runtime/host/sandbox.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace troupe {

/// What a replica gets from the version template that it is forked from.
struct replica_order {
  pid_t node = 0;
  std::string title; ///< "digits@3"
  unique_fd memory;  ///< laid out as runtime/base/host_layout.hpp says
  unique_fd work;    ///< eventfd, rung by the node
  unique_fd done;    ///< eventfd, rung here
  std::uint64_t memory_size = 0;
  std::uint64_t seed = 0;
};

/// The life of a replica, in the process just forked; returns its exit code. It never ends by itself once it is up: the node
/// kills it, or dies.
int run_replica(replica_order order, model& net, const model_spec& spec, const sandbox_programs& programs);

} // namespace troupe
