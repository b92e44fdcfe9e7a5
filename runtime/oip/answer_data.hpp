#pragma once

#include "runtime/base/tensor.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// Appends the text as a JSON string; it must be UTF-8.
void append_quoted(std::string& json, std::string_view text);

/// Appends the tensor's elements as a flat JSON array, written as infer_answer.hpp says; strings must be UTF-8.
void append_elements(std::string& json, const tensor_view& tensor);

} // namespace troupe
