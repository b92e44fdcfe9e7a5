#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/host/sandbox.hpp"

#include <cstdint>

namespace troupe {

/// Makes this process fit to load somebody's model: it keeps `control` (as 3) and `model_file` (as 4) of all its descriptors, can start no threads,
/// open no file, and has the version template's filter. For good.
result<void> enter_version_sandbox(unique_fd& control, unique_fd& model_file, const seccomp_program& filter);

/// Loading may not take more than a model of this size needs, plus what its version allows.
void limit_load_memory(std::uint64_t model_bytes, std::uint64_t memory_bytes);

} // namespace troupe
