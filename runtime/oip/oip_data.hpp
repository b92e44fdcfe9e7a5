#pragma once

#include "runtime/base/tensor.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace troupe {

/// The bytes of a request's `data`: a flat array of product(dims) elements, or arrays nested as `dims` says. Reals are
/// rounded to the datatype's nearest. invalid_argument begins with the path of what is wrong: "inputs[0].data[2][1]: expected …, found …".
result<std::vector<std::byte>> read_oip_data(const nlohmann::json& data, datatype type, const shape& dims,
                                             const std::string& path);

} // namespace troupe
