#pragma once

#include "runtime/base/tensor.hpp"
#include "runtime/oip/query_json.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace troupe {

/// The elements of an input's `data`, flat or nested as its dims say, for a tensor whose type, dims and size are known; null if it has none. Reads them in one
/// pass into memory of their own, which is taken only if `json_bytes` of JSON can hold so many. Reals are rounded to the datatype's nearest. Throws
/// as query_json.hpp says, for datatypes that JSON can't carry too.
std::unique_ptr<std::byte[]> read_query_data(json_value& data, const tensor_view& tensor, const std::string& path,
                                             std::size_t json_bytes);

} // namespace troupe
