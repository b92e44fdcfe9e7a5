#pragma once

#include "runtime/cli/load.hpp"
#include "runtime/oip/named_tensor.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a model answered.
struct inference_answer {
  std::string deployment;
  std::uint32_t version = 0;
  std::string id;
  std::vector<named_tensor> outputs;
};

/// In Open Inference Protocol form: model_name, model_version, id, outputs.
nlohmann::ordered_json answer_json(const inference_answer& answer);
/// A row for each output, with its first values.
std::string answer_text(const inference_answer& answer, bool colors);

/// Rates, latencies in microseconds, errors by code.
nlohmann::ordered_json load_json(const load_report& report);
std::string load_text(const load_report& report);

/// A safe file's name for an output, "scores.npy": whatever is not a letter, a digit, '-' or '_' becomes '_'.
std::string output_file_name(const std::string& output);

} // namespace troupe
