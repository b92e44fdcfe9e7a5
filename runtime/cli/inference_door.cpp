#include "runtime/cli/inference_door.hpp"

#include "runtime/base/units.hpp"

namespace troupe {

void require_request_size(const inference_door& door, std::uint64_t bytes) {
  auto most = door.request_bytes_max();
  if (bytes > most)
    throw command_failure(exit_code::failed,
                          "the request is " + human_size(bytes) + "; this node takes at most " + human_size(most) + " a message");
}

} // namespace troupe
