#pragma once

#include "runtime/oip/infer_query.hpp"
#include "runtime/oip/query_json.hpp"

#include <optional>
#include <string>

namespace troupe {

/// An output as the request's `outputs` names it.
struct asked_output {
  wanted_output wanted;       ///< `binary` is still open
  std::optional<bool> binary; ///< nothing: what the request says for all
};

/// Reads one element of `outputs`; for this folder only. Throws as query_json.hpp says.
asked_output read_query_output(json_value& output, const std::string& path, const model_spec& spec);

} // namespace troupe
