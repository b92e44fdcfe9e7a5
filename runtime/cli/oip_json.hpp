#pragma once

#include "runtime/cli/named_tensor.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Tensors in JSON, as the Open Inference Protocol (version 2, REST) has them. NaN and infinities, which JSON lacks, are the
/// strings "NaN", "Infinity" and "-Infinity".
namespace troupe {

/// An inference request without its deployment.
struct oip_request {
  std::string id;
  std::vector<named_tensor> inputs;
  std::vector<std::string> outputs; ///< names wanted; empty: all
};

/// Reads `{"id": …, "inputs": [{"name", "shape", "datatype", "data"}], "outputs": [{"name"}]}`; only inputs must be there. `data`
/// may be flat or nested as `shape` says. invalid_argument names the field's path, what was expected and what was found; FP16 and
/// BF16 are refused (JSON has no such numbers), and so is a field that we would have to ignore.
result<oip_request> parse_oip_request(std::string_view text);

/// `{"name", "shape", "datatype", "data"}`, data flat. FP16 and BF16 are written out as decimals.
nlohmann::ordered_json oip_tensor(const named_tensor& tensor);

/// The element as it stands in JSON and in tables: "0.5", "-3", "true", "NaN". Shortest text that reads back as the same number.
std::string element_text(const named_tensor& tensor, std::size_t index);

} // namespace troupe
