#pragma once

#include "runtime/cli/client.hpp"
#include "runtime/cli/console.hpp"
#include "runtime/oip/oip_json.hpp"

#include <string>
#include <vector>

namespace troupe {

/// Where `troupe infer` gets its inputs; exactly one of the three is set.
struct infer_source {
  std::string json;               ///< a file in Open Inference Protocol form, or "-": stdin
  std::vector<std::string> named; ///< "NAME=FILE.npy"
  std::string npy;                ///< a file for a model's only input
};

/// Reads the inputs; `deployment` is asked for its input's name where `npy` leaves it open. Ends the command: bad_usage for the
/// files, failed for what is larger than the node takes in a message.
oip_request read_inputs(client& node, const console& io, const std::string& deployment, const infer_source& source);

/// Ends the command if the node takes no message of this size.
void require_message_size(const client& node, std::uint64_t bytes);

} // namespace troupe
