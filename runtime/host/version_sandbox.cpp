#include "runtime/host/version_sandbox.hpp"

#include "runtime/host/process.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace troupe {

namespace {

/// Loading holds the file's bytes, the weights, and for convolutions another copy in oneDNN's layout.
constexpr std::uint64_t load_copies_max = 4;
constexpr std::uint64_t load_slack_bytes = 256ULL << 20;

/// Keeps the two, as 3 and 4, and closes all else that came with the fork.
bool keep_own_descriptors(unique_fd& control, unique_fd& model_file) {
  constexpr int control_place = 3;
  constexpr int model_place = 4;
  constexpr int out_of_the_way = 10;
  // First up, so that neither lands on the other's place.
  unique_fd control_copy(::fcntl(control.get(), F_DUPFD_CLOEXEC, out_of_the_way));
  unique_fd model_copy(::fcntl(model_file.get(), F_DUPFD_CLOEXEC, out_of_the_way));
  if (::dup2(control_copy.get(), control_place) < 0 || ::dup2(model_copy.get(), model_place) < 0)
    return false;
  for (auto* closed_below : {&control, &model_file, &control_copy, &model_copy})
    closed_below->release();
  control.reset(control_place);
  model_file.reset(model_place);
  return ::close_range(model_place + 1, ~0U, 0) == 0;
}

} // namespace

result<void> enter_version_sandbox(unique_fd& control, unique_fd& model_file, const seccomp_program& filter) {
  if (!keep_own_descriptors(control, model_file))
    return error{error_code::unavailable, "cannot arrange descriptors"};
  limit_resource(RLIMIT_CORE, 0);
  refuse_threads();
  if (auto quiet = silence_stdio(); !quiet)
    return quiet;
  if (auto dropped = drop_capabilities(); !dropped)
    return dropped;
  return filter.install();
}

void limit_load_memory(std::uint64_t model_bytes, std::uint64_t memory_bytes) {
  auto room = load_copies_max * model_bytes + memory_bytes + load_slack_bytes;
  limit_address_space(address_space_bytes() + room, limit_kind::soft);
}

} // namespace troupe
