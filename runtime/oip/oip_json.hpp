#pragma once

#include "runtime/oip/named_tensor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// An inference request without its deployment.
struct oip_request {
  std::string id;
  std::vector<named_tensor> inputs;
  std::vector<std::string> outputs; ///< names wanted; empty: all
};

/// Reads `{"id": …, "inputs": [{"name", "shape", "datatype", "data"}], "outputs": [{"name"}]}`; only inputs must be there. `data`
/// may be flat or nested as `shape` says. invalid_argument names the field's path, what was expected and what was found; a
/// field that we would have to ignore is refused.
result<oip_request> parse_oip_request(std::string_view text, half_reals halves = half_reals::refused);

} // namespace troupe
