#pragma once

#include "runtime/oip/named_tensor.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace troupe {

/// What is asked of a deployment.
struct inference_question {
  std::string deployment;
  std::vector<named_tensor> inputs;
  std::string id;
  std::vector<std::string> outputs;      ///< names wanted; empty: all
  std::chrono::microseconds deadline{0}; ///< 0: the node's
};

/// What a model answered.
struct inference_answer {
  std::string deployment;
  std::string version;
  std::string id;
  std::vector<named_tensor> outputs;
};

/// What a deployment takes.
struct model_signature {
  std::vector<tensor_spec> inputs;
  bool batches = false; ///< the first dimension of every input is rows
};

/// Rows in one request: the inputs' first dimension where the model batches, else 1.
inline std::uint64_t rows_of(const model_signature& model, const std::vector<named_tensor>& inputs) {
  bool rows = model.batches && !inputs.empty() && !inputs.front().dims.empty();
  return rows ? static_cast<std::uint64_t>(inputs.front().dims.front()) : 1;
}

} // namespace troupe
