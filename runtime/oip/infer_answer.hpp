#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/oip/infer_query.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// The Open Inference Protocol's answer to an inference request.
struct infer_answer {
  std::string body; ///< JSON, then the binary outputs in its order
  /// Bytes of JSON, for the header Inference-Header-Content-Length; the content is application/octet-stream then. Nothing: all is JSON.
  std::optional<std::size_t> header_length;
};

/// Writes the answer to `asked` of what version `id` gave: `outputs` are all of the spec's, in its order, and copied. Data in JSON are flat, reals
/// the shortest decimal that reads back as the same number; NaN and infinities are the strings "NaN", "Infinity" and "-Infinity"; FP16 and BF16 are
/// decimals as well. `id` of the request is there if it isn't empty.
///
/// Classes are a BYTES tensor [rows, classes], or [classes] if the model takes no batch, of "value:index" from the largest element of a row
/// on (the first of equals first, NaN last), as many as the row has elements at most.
///
/// invalid_argument if a string that was asked for in JSON isn't UTF-8.
result<infer_answer> write_infer_answer(const infer_query& asked, const model_spec& spec, const version_id& id,
                                        const std::vector<tensor_view>& outputs);

} // namespace troupe
