#pragma once

#include "runtime/base/model_spec.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/host/fork.hpp"
#include "runtime/host/sandbox.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace troupe {

/// What a version template gets from the template that it is forked from.
struct version_order {
  pid_t node = 0;
  std::string title; ///< "digits@3"
  model_spec spec;
  unique_fd control;
  unique_fd model_file;
  std::uint64_t model_bytes = 0;
};

/// The life of a version template, in the process just forked; returns its exit code.
///
///     sandbox > load > operators > signature > warm ---> ready: forks replicas as the node asks, until it closes the socket
///          \_______\________\___________\_______\____> failed: says why and ends
int run_version_template(version_order order, const sandbox_programs& programs, const sibling_forker& forker);

} // namespace troupe
