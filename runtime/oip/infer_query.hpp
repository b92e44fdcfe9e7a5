#pragma once

#include "runtime/base/model_spec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// An output that the client asked for, and how it wants it.
struct wanted_output {
  std::uint32_t index = 0;   ///< in model_spec::outputs
  bool binary = false;       ///< behind the JSON instead of in it
  std::uint32_t classes = 0; ///< positive: not the tensor but its so many largest elements, as texts "value:index"
};

/// The Open Inference Protocol's inference request, read. Its views point into the body, the spec and its own memory, so it may be moved but not
/// outlive the other two. Datatypes, the strings of binary BYTES, rows and missing inputs are not yet held against the spec: check_request does.
struct infer_query {
  std::string id; ///< "" if there is none; as long as the client likes
  /// As sent, each one of the spec's and none twice; whole (is_whole), but for BYTES that came as binary data: what they hold is not looked at.
  /// What came as binary data is not aligned.
  std::vector<named_view> inputs;
  std::vector<wanted_output> outputs;   ///< in the order of the answer; all of the spec's if none were named
  std::uint64_t priority = 0;           ///< 1 is the highest; 0: the default
  std::chrono::microseconds timeout{0}; ///< 0: the default

  std::vector<std::unique_ptr<std::byte[]>> memory; ///< the elements that were sent as JSON, or need more than the body has
};

/// So many bytes behind the body must be readable; what they hold does not matter.
inline constexpr std::size_t infer_body_padding = 64;

/// Reads a request. `header_length` is the header Inference-Header-Content-Length: the bytes of JSON, behind which the binary tensors stand in
/// the order of the inputs. Nothing: all is JSON. 0: there is no JSON, the body is the model's only input, of one row, with at most one free dimension
/// that its size tells (of BYTES: the only element, without its length); then all outputs are binary.
///
/// Fields may stand in any order; unknown ones, and unknown parameters, are ignored as Triton does, and null is as good as absent. `data` may be
/// flat, or nested as `shape` says. What is ignored is nested at most 100 levels deep. NaN and infinities are the strings "NaN", "Infinity" and "-Infinity".
/// Refused are sequences, shared memory, parameters that begin with triton_, and FP16 and BF16 in JSON.
///
/// invalid_argument names the field's path, what was expected and what was found: "inputs[0].data[2][1]: expected …, found …". Takes no more
/// memory than fifteen times the body, whatever it says of itself.
result<infer_query> read_infer_query(std::string_view body, std::optional<std::size_t> header_length, const model_spec& spec);

} // namespace troupe
