#pragma once

#include "runtime/cli/console.hpp"
#include "runtime/cli/inference_door.hpp"
#include "runtime/oip/oip_json.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace troupe {

/// Where a request gets its inputs; at most one of the three is set.
struct infer_source {
  std::string json;               ///< a file in Open Inference Protocol form, or "-": stdin
  std::vector<std::string> named; ///< "NAME=FILE.npy"
  std::string npy;                ///< a file for a model's only input
};

/// Reads the inputs of a source that has one; `deployment` is asked for its input's name where `npy` leaves it open. Ends the command: bad_usage for the
/// files, failed for what is larger than the node takes in a message.
oip_request read_inputs(inference_door& node, const console& io, const std::string& deployment, const infer_source& source);

/// How many of the three are set.
int source_count(const infer_source& source);

/// Adds FILE, --input and --npy. `source` must outlive the parsing.
void add_source(CLI::App& verb, infer_source& source);

} // namespace troupe
