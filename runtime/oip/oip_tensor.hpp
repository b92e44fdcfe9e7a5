#pragma once

#include "runtime/oip/named_tensor.hpp"

#include <nlohmann/json.hpp>

#include <string>

/// One tensor in JSON. NaN and infinities, which JSON lacks, are the strings "NaN", "Infinity" and "-Infinity".
namespace troupe {

/// Reads `{"name", "shape", "datatype", "data"}`; `data` may be flat or nested as `shape` says. Throws bad_json (json_fields.hpp) with the path of
/// what is wrong; a field that we would have to ignore is wrong too.
named_tensor read_oip_tensor(const nlohmann::json& tensor, const std::string& path, half_reals halves);

/// The same, data flat. FP16 and BF16 are written out as decimals. Throws bad_json if a string of BYTES isn't UTF-8.
nlohmann::ordered_json oip_tensor(const named_tensor& tensor);

/// The first elements, at most `count`, as they stand in tables: numbers see element.hpp, strings quoted and printable.
std::vector<std::string> element_texts(const named_tensor& tensor, std::size_t count);

} // namespace troupe
