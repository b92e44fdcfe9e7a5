#pragma once

#include "runtime/oip/infer_query.hpp"

#include <string_view>
#include <vector>

namespace troupe {

/// All of the spec's outputs, as a request that names none wants them.
std::vector<wanted_output> all_outputs(const model_spec& spec, bool binary);

/// A request without JSON: the body is the only input, see infer_query.hpp; for this folder only.
result<infer_query> read_raw_query(std::string_view body, const model_spec& spec);

} // namespace troupe
