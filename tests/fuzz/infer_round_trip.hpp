#pragma once

#include "runtime/base/model_spec.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace troupe {

/// A model that gives what it takes: an input of each datatype, of any two dimensions, under the datatype's name ("FP32").
model_spec echo_of_all_datatypes();

/// Reads the bytes as a request to a model that gives what it takes, as the HTTP door does; what was read is written as an answer, in JSON and as
/// binary data, sent back as a request and read again unchanged. A request that is refused is refused with a reason.
void check_infer_round_trip(std::string_view body, std::optional<std::size_t> header_length, const model_spec& echo);

} // namespace troupe
