#pragma once

#include "runtime/base/error.hpp"
#include "runtime/cli/inference_question.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace troupe {

/// In Open Inference Protocol form: model_name, model_version, id, outputs. invalid_argument if a string isn't UTF-8.
result<nlohmann::ordered_json> answer_json(const inference_answer& answer);
/// A row for each output, with its first values.
std::string answer_text(const inference_answer& answer, bool colors);

/// A safe file's name for an output, "scores.npy": whatever is not a letter, a digit, '-' or '_' becomes '_'.
std::string output_file_name(const std::string& output);

} // namespace troupe
