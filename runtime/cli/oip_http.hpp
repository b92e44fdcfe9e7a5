#pragma once

#include "runtime/base/error.hpp"
#include "runtime/cli/inference_question.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The Open Inference Protocol over HTTP as a client writes and reads it; pure. What a server sends is checked here.
namespace troupe {

/// The header that tells how long the JSON is before binary tensors.
inline constexpr const char* json_length_header = "Inference-Header-Content-Length";

/// What is sent or received, without its headers.
struct oip_body {
  std::string bytes;
  std::optional<std::size_t> json_length; ///< what stands in the header; nothing: all of it is JSON
};

/// How tensors travel: behind the JSON as they are in memory, or as JSON numbers. Asked for and answered alike.
enum class tensor_form { binary, json };

oip_body write_oip_question(const inference_question& question, tensor_form form);

/// A 200's body; internal where it makes no sense.
result<inference_answer> read_oip_answer(const oip_body& body);

/// What a model's metadata says; internal where it makes no sense. It batches if every input's first dimension is free.
result<model_signature> read_oip_metadata(std::string_view body);

/// Any other status's body.
error read_oip_refusal(unsigned status, std::string_view body);

} // namespace troupe
