#pragma once

#include "runtime/base/tensor.hpp"
#include "runtime/oip/query_json.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace troupe {

/// Elements in memory of their own; null if there are none.
struct query_data {
  std::unique_ptr<std::byte[]> memory;
  std::uint64_t size = 0; ///< bytes
};

/// The elements of an input's `data`, flat or nested as its dims say, for a tensor whose type, dims and (least) size are known. Reads them in one
/// pass into memory that is taken only if `json_bytes` of JSON can hold so many. Reals are rounded to the datatype's nearest. Throws as
/// query_json.hpp says, for datatypes that JSON can't carry too.
query_data read_query_data(json_value& data, const tensor_view& tensor, const std::string& path, std::size_t json_bytes);

} // namespace troupe
